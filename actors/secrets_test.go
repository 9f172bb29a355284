package actors_test

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// secret is in all that is secret in these tests.
const secret = "s3cr3t"

// secretURL has secrets wherever an URL may have them.
const secretURL = "wss://" + secret + "-user:" + secret + "-pass@example.test/ws?token=" + secret + "-query&" + secret + "-bare"

// errSecret is what net/http says of a token that could not be had.
var errSecret = &url.Error{
	Op: "Get", URL: secretURL, Err: errors.New("with Authorization: Bearer " + secret + ", Cookie: id=" + secret),
}

// everyError is one of every exported type that is an error.
var everyError = []error{
	&actors.UpgradeError{},
	&messages.AnswerLostError{}, &messages.AskTimeoutError{}, &messages.CloseCodeError{}, &messages.CloseReasonError{},
	&messages.ClosedError{}, &messages.CredentialsError{}, &messages.DialError{}, &messages.DroppedError{},
	&messages.DuplicateAskError{}, &messages.EncodeError{}, &messages.ExpiredError{}, &messages.GaveUpError{},
	&messages.HandlerError{}, &messages.HandshakeError{}, &messages.HeartbeatError{}, &messages.InterceptedError{},
	&messages.InternalError{}, &messages.InvalidTypeError{}, &messages.InvalidUTF8Error{}, &messages.MessageTooLargeError{},
	&messages.NoCodecError{}, &messages.OptionError{}, &messages.PeerClosedError{}, &messages.ProtocolError{},
	&messages.ProxyError{}, &messages.QueueFullError{}, &messages.ReadError{}, &messages.ReadLimitError{},
	&messages.ReplacedError{}, &messages.RotatedError{}, &messages.TooManyAsksError{}, &messages.UnknownError{},
	&messages.UnknownMessageError{}, &messages.WriteError{},
	&child.Failure{}, &supervisor.StopError{}, &supervisor.StoppedError{},
}

// What holds a secret in any of its fields says none, however it is printed or logged.
func TestErrorsSayNoSecret(t *testing.T) {
	for _, err := range everyError {
		for _, status := range []int64{0, http.StatusUnauthorized} {
			wraps := fill(reflect.ValueOf(err).Elem(), status)
			for how, text := range textsOf(err) {
				if strings.Contains(text, secret) {
					t.Errorf("%T, %s: %s", err, how, text)
				}
			}
			if _, ok := err.(encoding.TextMarshaler); !wraps && !ok {
				continue
			}
			event, _ := json.Marshal(&messages.Failed{Err: err})
			if reflect.TypeOf(err).Elem().PkgPath() == messagesPath && strings.Contains(string(event), secret) {
				t.Errorf("%T, in JSON: %s", err, event)
			}
		}
	}
}

var messagesPath = reflect.TypeFor[messages.Failed]().PkgPath()

// fill puts secrets into the fields of an error, and reports whether it wraps what may
// have some.
func fill(v reflect.Value, status int64) (wraps bool) {
	for i := range v.NumField() {
		switch field := v.Field(i); field.Interface().(type) {
		case []byte:
			field.SetBytes([]byte(secretURL))
		case int:
			field.SetInt(status)
		case http.Header:
			field.Set(reflect.ValueOf(http.Header{"Set-Cookie": {secret}, "Location": {secretURL}}))
		default:
			switch field.Kind() {
			case reflect.String:
				field.SetString(secretURL)
			case reflect.Interface:
				field.Set(reflect.ValueOf(errSecret))
				wraps = true
			}
		}
	}
	return wraps
}

// textsOf is all that a value is printed or logged as.
func textsOf(v any) map[string]string {
	texts := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		texts[verb] = fmt.Sprintf(verb, v)
	}
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Error("x", slog.Any("reason", v))
	slog.New(slog.NewJSONHandler(&js, nil)).Error("x", slog.Any("reason", v))
	texts["slog"], texts["slog, JSON"] = text.String(), js.String()
	return texts
}

// A new error type is in everyError, or this fails.
func TestEveryErrorIsAsked(t *testing.T) {
	asked := make(map[string]bool)
	for _, err := range everyError {
		asked[strings.TrimPrefix(reflect.TypeOf(err).String(), "*")] = true
	}
	for _, file := range sources(t, "..") {
		for _, name := range errorTypes(t, file) {
			if !asked[name] {
				t.Errorf("%s is not in everyError", name)
			}
			delete(asked, name)
		}
	}
	for name := range asked {
		t.Errorf("%s was not found", name)
	}
}

// sources returns the files of the module that users import.
func sources(t *testing.T, root string) (files []string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || path == root:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "examples" || d.Name() == "internal" || isModule(path)):
			return fs.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// errorTypes returns the exported types of a file that have a method Error.
func errorTypes(t *testing.T, path string) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "Error" || f.Type.Params.NumFields() > 0 {
			continue
		}
		receiver := f.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if name, ok := receiver.(*ast.Ident); ok && name.IsExported() {
			names = append(names, file.Name.Name+"."+name.Name)
		}
	}
	return names
}

// The fields keep what the texts do not say.
func TestErrorsKeepTheWhole(t *testing.T) {
	server := httpStatus(t, http.StatusUnauthorized)
	whole := strings.Replace(server.URL, "http://", "ws://user:"+secret+"@", 1) + "/?token=" + secret
	_, failed := failsWith(t, whole)
	var refused *messages.HandshakeError
	if !errors.As(failed, &refused) || refused.URL != whole || refused.Header.Get("Location") != secretURL {
		t.Errorf("got %+v", refused)
	}
}

// Of an URL that makes no sense not even the part that is at fault is told.
func TestBadURLsAreNotTold(t *testing.T) {
	sup := start(t)
	for _, bad := range []string{
		"ws://user:" + secret + "@host:port/", "ws://user:" + secret + "/x@host/", "ws://user:%" + secret + "@host/",
		secret + ":" + secret + "@host/ws", "ftp://" + secret + "@host/?a=" + secret, "ws:///?token=" + secret, "?token=" + secret,
		"ws://host/#" + secret, "ws://user:" + secret + "\n@host", "ws://" + secret + " x@host/", "://" + secret, "ws://[" + secret + "@host/",
		"ws://host/%" + secret,
	} {
		_, err := actors.Connect(sup, bad, actors.WithHandler(echoes))
		var option *messages.OptionError
		if !errors.As(err, &option) || strings.Contains(option.Problem, secret) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, err := actors.Connect(sup, "ws://host/", actors.WithHandler(echoes), actors.WithSubprotocols("v1", "bearer "+secret))
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// What has secrets of a connection shows none.
func TestValuesShowNoSecret(t *testing.T) {
	sup := start(t)
	conn, err := actors.Connect(sup, secretURL, actors.WithHandler(echoes), actors.WithDialContext(noDial),
		actors.WithHeader(http.Header{"Authorization": {secret}}))
	if err != nil {
		t.Fatal(err)
	}
	if conn.URL() != secretURL {
		t.Errorf("URL %s", conn.URL())
	}
	for _, value := range []any{
		conn, inspect(t, sup, conn), &actors.Credentials{URL: secretURL},
		actors.Credentials{URL: secretURL, Header: http.Header{"Cookie": {secret}}, Subprotocols: []string{secret}},
		&messages.Failed{Err: &messages.DialError{URL: secretURL, Err: errSecret}},
		&messages.Closed{Err: &messages.GaveUpError{Err: &messages.HandshakeError{
			URL: secretURL, Status: 401, Err: errSecret, Header: http.Header{"Set-Cookie": {secret}}, Body: []byte(secret),
		}}},
		&messages.Unknown{Err: &messages.HandshakeError{URL: secretURL}},
		&child.Decision{Err: &messages.GaveUpError{Err: &messages.CredentialsError{Err: errSecret}}},
	} {
		for how, text := range textsOf(value) {
			if strings.Contains(text, secret) {
				t.Errorf("%T, %s: %s", value, how, text)
			}
		}
	}
}

func noDial(context.Context, string, string) (net.Conn, error) { return nil, errSecret }
