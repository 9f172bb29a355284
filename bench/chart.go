package main

import (
	"image/color"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
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

// drawCharts draws one chart of all rows that compare systems.
func drawCharts(results []result, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var compared []result
	for _, r := range results {
		if r.Name != storm.name {
			compared = append(compared, r)
		}
	}
	p := plot.New()
	p.Title.Text = "How many times as good as the first of its peers: more is better"
	p.Y.Label.Text = "times coder/websocket (broadcast: gorilla/websocket)"
	p.Legend.Top = true
	const width = vg.Length(9)
	names := []string{sockvisor, coder, gorilla, gws, gobwas, melody}
	for i, name := range names {
		bars, err := plotter.NewBarChart(goodness(compared, name), width)
		if err != nil {
			return err
		}
		bars.Color, bars.LineStyle.Width = colors[name], 0
		bars.Offset = width * vg.Length(float64(i)-float64(len(names)-1)/2)
		p.Add(bars)
		p.Legend.Add(name, bars)
	}
	one := plotter.NewFunction(func(float64) float64 { return 1 })
	one.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(one)
	labels := make([]string, len(compared))
	for i, r := range compared {
		labels[i] = r.Name
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -0.6, float64(len(labels))-0.4
	return p.Save(30*vg.Centimeter, 12*vg.Centimeter, filepath.Join(dir, "bench.svg"))
}

// goodness is the ratio of a system in each row, turned over where less is better,
// and nothing where it was not measured.
func goodness(results []result, system string) plotter.Values {
	values := make(plotter.Values, len(results))
	for i, r := range results {
		f := r.find(system)
		switch {
		case f == nil || f.Ratio == 0:
		case r.Less:
			values[i] = 1 / f.Ratio
		default:
			values[i] = f.Ratio
		}
	}
	return values
}
