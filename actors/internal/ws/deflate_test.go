package ws

import (
	"net/http"
	"testing"
)

func extensions(values ...string) http.Header {
	return http.Header{"Sec-Websocket-Extensions": values}
}

// The parameters that there can be (RFC 7692, section 7.1).
func TestParseDeflate(t *testing.T) {
	for text, want := range map[string]struct{ offer, answer bool }{
		"permessage-deflate":                                                         {true, true},
		"permessage-deflate; server_no_context_takeover":                             {true, true},
		"permessage-deflate; client_no_context_takeover; server_max_window_bits=10":  {true, true},
		`permessage-deflate; server_max_window_bits="15"`:                            {true, true},
		"permessage-deflate; client_max_window_bits":                                 {true, false},
		"permessage-deflate; client_max_window_bits=8":                               {true, false},
		"permessage-deflate; client_max_window_bits=16":                              {false, false},
		"permessage-deflate; server_max_window_bits":                                 {false, false},
		"permessage-deflate; server_max_window_bits=7":                               {false, false},
		"permessage-deflate; server_no_context_takeover=1":                           {false, false},
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover": {false, false},
		"permessage-deflate; foo":                                                    {false, false},
	} {
		parameters := extensionsOf(extensions(text))[0][1:]
		if _, err := parseDeflate(parameters, false); (err == nil) != want.offer {
			t.Errorf("offer %q: %v", text, err)
		}
		if _, err := parseDeflate(parameters, true); (err == nil) != want.answer {
			t.Errorf("answer %q: %v", text, err)
		}
	}
}

// An offer that a server must decline is as if it was not there.
func TestValidOffers(t *testing.T) {
	r := &http.Request{Header: extensions("permessage-deflate; foo, permessage-deflate", "x-other; foo,")}
	if valid := extensionsOf(withValidOffers(r).Header); len(valid) != 2 || len(valid[0]) != 1 {
		t.Errorf("got %q", valid)
	}
	if len(extensionsOf(r.Header)) != 3 {
		t.Error("the request given was changed")
	}
	r = &http.Request{Header: extensions("permessage-deflate")}
	if withValidOffers(r) != r {
		t.Error("it need not be another")
	}
}

// What was asked for and is not agreed to would be read as if it were.
func TestCheckDeflate(t *testing.T) {
	asked := extensions("permessage-deflate; server_no_context_takeover")
	for answer, ok := range map[string]bool{
		"": true, "permessage-deflate; server_no_context_takeover": true, "permessage-deflate": false, "permessage-deflate; foo": false, "x-other": true,
	} {
		if err := checkDeflate(asked, extensions(answer)); (err == nil) != ok {
			t.Errorf("%q: %v", answer, err)
		}
	}
}
