package actors

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The page "How a message travels" names what is there.
func TestTravelsAreTrue(t *testing.T) {
	declared := declarations(t, "..")
	lists, names := 0, 0
	for _, line := range pageLines(t, "travels.go") {
		switch fields := strings.Fields(line); {
		case !strings.HasPrefix(line, "\t"):
			if strings.HasSuffix(line, ":") && strings.HasPrefix(line, "A ") {
				lists++
			}
		case !declared[fields[0]]:
			t.Errorf("there is no %s", fields[0])
		default:
			names++
		}
	}
	if lists != 5 || names < 5*lists {
		t.Errorf("%d lists, %d names", lists, names)
	}
}

// pageLines returns those of a file's package comment.
func pageLines(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(f.Doc.Text(), "\n")
}

// declarations are the functions and methods of all packages below a folder, for every
// system, as package.Function, package.Type.Method or package.Interface.Method.
func declarations(t *testing.T, root string) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "bench" || name == "examples"):
			return fs.SkipDir // programs, whose packages are all main
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			declare(all, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func declare(all map[string]bool, f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			all[f.Name.Name+"."+receiver(d)+d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				declareInterface(all, f.Name.Name, spec)
			}
		}
	}
}

// receiver is the type of a method, and a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if index, ok := of.(*ast.IndexExpr); ok { // of a generic one
		of = index.X
	}
	name, ok := of.(*ast.Ident)
	if !ok {
		return ""
	}
	return name.Name + "."
}

func declareInterface(all map[string]bool, pkg string, spec ast.Spec) {
	of, ok := spec.(*ast.TypeSpec)
	if !ok {
		return
	}
	i, ok := of.Type.(*ast.InterfaceType)
	if !ok {
		return
	}
	for _, m := range i.Methods.List {
		for _, name := range m.Names {
			all[pkg+"."+of.Name.Name+"."+name.Name] = true
		}
	}
}
