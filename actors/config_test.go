package actors

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Options name the config, the config names the hooks, and nobody names a connection, nor
// anything else that runs; and of the options whatever runs knows how a config is made.
func TestOptionsOverConfigOverHooks(t *testing.T) {
	hooks := []string{"hooks.go", "rule.go", "codec.go", "overflow.go", "callbacks.go"}
	config := append([]string{"config.go", "keepalive.go"}, hooks...)
	checks := append([]string{"validate.go", "validate_handshake.go"}, config...)
	options := append([]string{"options.go"}, checks...)
	may := map[string][]string{
		"hooks.go": nil, "rule.go": nil, "overflow.go": nil, "config.go": config,
		"validate.go": checks, "validate_handshake.go": checks,
		"options.go": options, "options_client.go": options, "options_server.go": options, "options_heartbeat.go": options,
	}
	declared, names := inFiles(t)
	for file, allowed := range may {
		for _, name := range names[file] {
			if in := declared[name]; in != "" && in != file && !slices.Contains(allowed, in) {
				t.Errorf("%s names %s of %s", file, name, in)
			}
		}
	}
	for file, all := range names {
		for _, name := range all {
			if in := declared[name]; strings.HasPrefix(in, "options") && may[file] == nil && name != "Option" && name != "newConfig" {
				t.Errorf("%s names %s of %s", file, name, in)
			}
		}
	}
}

// inFiles returns in which file of this package a name is declared, and which names each
// file has of others. Methods and fields are none of them.
func inFiles(t *testing.T) (declared map[string]string, names map[string][]string) {
	t.Helper()
	declared, names = make(map[string]string), make(map[string][]string)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name := range f.Scope.Objects {
			declared[name] = file
		}
		for _, id := range f.Unresolved {
			names[file] = append(names[file], id.Name)
		}
	}
	return declared, names
}
