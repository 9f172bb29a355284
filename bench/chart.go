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

// dot is how a system looks.
type dot struct {
	system string
	color  color.RGBA
	shape  draw.GlyphDrawer
}

// The colors are Okabe and Ito's, which everybody can tell apart.
var (
	vermillion = color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	gray       = color.RGBA{R: 0x99, G: 0x99, B: 0x99, A: 0xff}
	blue       = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	green      = color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}
	purple     = color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}
	orange     = color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}
	sky        = color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff}
	black      = color.RGBA{A: 0xff}

	disk, ring = draw.CircleGlyph{}, draw.RingGlyph{}
)

// dots are the systems of the charts, from the left; a tuned one is a ring of its color.
var dots = []dot{
	{sockvisor, vermillion, disk},
	{coder, gray, disk}, {coderTuned, gray, ring},
	{gorilla, blue, disk}, {gorillaTuned, blue, ring},
	{gws, green, disk}, {gwsTuned, green, ring},
	{gobwas, purple, disk}, {gobwasTuned, purple, ring},
	{nbio, sky, disk}, {melody, orange, disk}, {tcp, black, draw.PlusGlyph{}},
}

// What is farther off than these is at the edge.
const worst, best = 1.0 / 32, 32

// drawCharts draws a chart for each family of which something was measured.
func drawCharts(results []result, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, f := range families {
		compared := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Family != f.name || !r.compares() })
		if len(compared) == 0 {
			continue
		}
		name := "bench-" + f.name + ".svg"
		if i == 0 {
			name = "bench.svg"
		}
		if err := drawChart(f.title, compared, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// compares reports whether a row has peers.
func (r result) compares() bool { return r.base().System == coder || r.base().System == gorilla }

// drawChart draws a column a row, a dot a system, on a logarithmic scale, where twice as
// good is as far up everywhere.
func drawChart(title string, compared []result, file string) error {
	p := plot.New()
	p.Title.Text = title + ": how many times as good as coder/websocket (where it has no part, as gorilla/websocket); higher is better"
	p.Title.Padding = vg.Centimeter / 2
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, doublings
	p.Y.Min, p.Y.Max = worst, best
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, vg.Centimeter/4
	one := plotter.NewFunction(func(float64) float64 { return 1 })
	one.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(plotter.NewGrid(), one)
	for i, d := range dots {
		points := pointsOf(compared, d.system, (float64(i)-float64(len(dots)-1)/2)/16)
		if len(points) == 0 {
			continue
		}
		scatter, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: d.color, Radius: vg.Points(4), Shape: d.shape}
		p.Add(scatter)
		p.Legend.Add(d.system, scatter)
	}
	labels := make([]string, len(compared))
	for i, r := range compared {
		labels[i] = r.Name
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -1, float64(len(labels))-0.4 // the legend is on the left
	return p.Save(30*vg.Centimeter, 14*vg.Centimeter, file)
}

var doublings = plot.ConstantTicks{
	{Value: 1.0 / 32, Label: "1/32"}, {Value: 1.0 / 16, Label: "1/16"}, {Value: 1.0 / 8, Label: "1/8"}, {Value: 1.0 / 4, Label: "1/4"},
	{Value: 0.5, Label: "1/2"}, {Value: 1, Label: "1"}, {Value: 2, Label: "2"}, {Value: 4, Label: "4"},
	{Value: 8, Label: "8"}, {Value: 16, Label: "16"}, {Value: 32, Label: "32"},
}

// pointsOf are the ratios of a system, turned over where less is better, beside the
// middle of their columns.
func pointsOf(results []result, system string, beside float64) plotter.XYs {
	var points plotter.XYs
	for i, r := range results {
		f := r.find(system)
		if f == nil || f.Ratio == 0 {
			continue
		}
		good := f.Ratio
		if r.Less {
			good = 1 / good
		}
		points = append(points, plotter.XY{X: float64(i) + beside, Y: min(max(good, worst), best)})
	}
	return points
}
