package main

import (
	"image/color"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgsvg" // the format
)

// colors are Okabe and Ito's, which everybody can tell apart.
var colors = map[string]color.Color{
	sockvisor: color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
	coder:     color.RGBA{R: 0x99, G: 0x99, B: 0x99, A: 0xff},
	gorilla:   color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
	gws:       color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
	gobwas:    color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff},
	melody:    color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff},
}

// drawCharts draws one chart of all rows that compare systems: a column a row, a dot
// a system, on a logarithmic scale, where twice as good is as far up everywhere.
func drawCharts(results []result, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	p, compared := plot.New(), comparing(results)
	p.Title.Text = "How many times as good as coder/websocket (broadcast: as gorilla/websocket); higher is better"
	p.Title.Padding = vg.Centimeter / 2
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, doublings
	p.Y.Min, p.Y.Max = 0.5, 32
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, vg.Centimeter/4
	one := plotter.NewFunction(func(float64) float64 { return 1 })
	one.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(plotter.NewGrid(), one)
	for i, name := range charted {
		dots, err := plotter.NewScatter(dotsOf(compared, name, (float64(i)-float64(len(charted)-1)/2)/12))
		if err != nil {
			return err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: colors[name], Radius: vg.Points(5), Shape: draw.CircleGlyph{}}
		p.Add(dots)
		p.Legend.Add(name, dots)
	}
	labels := make([]string, len(compared))
	for i, r := range compared {
		labels[i] = r.Name
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -0.6, float64(len(labels))-0.4
	return p.Save(30*vg.Centimeter, 14*vg.Centimeter, filepath.Join(dir, "bench.svg"))
}

// charted are the systems of the chart, from the left.
var charted = []string{sockvisor, coder, gorilla, gws, gobwas, melody}

var doublings = plot.ConstantTicks{
	{Value: 0.5, Label: "0.5"}, {Value: 1, Label: "1"}, {Value: 2, Label: "2"}, {Value: 4, Label: "4"},
	{Value: 8, Label: "8"}, {Value: 16, Label: "16"}, {Value: 32, Label: "32"},
}

// comparing leaves out what has no peer.
func comparing(results []result) []result {
	return slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Name == storm.name })
}

// dotsOf are the ratios of a system, turned over where less is better, beside the
// middle of their columns.
func dotsOf(results []result, system string, beside float64) plotter.XYs {
	var dots plotter.XYs
	for i, r := range results {
		f := r.find(system)
		if f == nil || f.Ratio == 0 {
			continue
		}
		good := f.Ratio
		if r.Less {
			good = 1 / good
		}
		dots = append(dots, plotter.XY{X: float64(i) + beside, Y: min(max(good, 0.5), 32)})
	}
	return dots
}
