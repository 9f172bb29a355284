package messages

import (
	"fmt"
	"regexp"
	"strings"
)

// redacted is put in place of a secret, as url.URL.Redacted has it.
const redacted = "xxxxx"

// Redact returns a text without the secrets of the URLs in it: in place of userinfo,
// of the values of a query and of a fragment there is "xxxxx", and of all that follows
// the name of an Authorization or Cookie header on its line. All errors of this package
// say what they say through it. Their fields keep the whole, and so do those of the
// errors that they wrap: to log a part of one, an URL say, redact it.
func Redact(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "://")
		if i < 0 {
			b.WriteString(redactLoose(text))
			return secretHeader.ReplaceAllString(b.String(), "$1: "+redacted)
		}
		end := i + endOfURL(text[:i], text[i:])
		b.WriteString(redactLoose(text[:i]))
		b.WriteString(redactURL(text[i:end]))
		text = text[end:]
	}
}

// redactLoose does it for what has no scheme, as servers and proxies write it.
func redactLoose(text string) string {
	text = looseQuery.ReplaceAllStringFunc(text, func(q string) string { return "?" + redactQuery(q[1:]) })
	return looseUserinfo.ReplaceAllString(text, redacted+"@")
}

var (
	looseQuery    = regexp.MustCompile("\\?[^\\s\"'`<>?#=]+=[^\\s\"'`<>]*")
	looseUserinfo = regexp.MustCompile("[^\\s\"'`<>/@:=?&]+:[^\\s\"'`<>/@]+@")
	secretHeader  = regexp.MustCompile(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)\\?["']?\s*[:=][^\r\n]*`)
)

// said is the text of an error.
func said(format string, arguments ...any) (text string) {
	defer func() {
		if recover() != nil {
			text = Redact(fmt.Sprintf(format, named(arguments)...))
		}
	}()
	return Redact(fmt.Sprintf(format, arguments...))
}

// named has the type in place of a value whose own methods panic, and not only once,
// which is more than fmt survives.
func named(values []any) []any {
	all := make([]any, len(values))
	for i, v := range values {
		switch v.(type) {
		case error, fmt.Stringer:
			all[i] = fmt.Sprintf("%T", v)
		default:
			all[i] = v
		}
	}
	return all
}

// endOfURL is where the URL ends whose scheme is the end of before. In quotes it may
// have spaces.
func endOfURL(before, url string) int {
	before = strings.TrimRightFunc(before, func(c rune) bool {
		return c < 0x80 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-", c)
	})
	if !strings.HasSuffix(before, `"`) {
		if end := strings.IndexAny(url, " \t\r\n\"'`<>"); end >= 0 {
			return len(strings.TrimRight(url[:end], ".,:;!)]}"))
		}
		return len(url)
	}
	nested := strings.HasSuffix(before, `\"`)
	for i := 1; i < len(url); i++ {
		if url[i] == '"' && (nested || url[i-1] != '\\') {
			return i
		}
	}
	return len(url)
}

// redactURL does it for an URL as a whole, from the end of its scheme on.
func redactURL(url string) string {
	before, rest, found := strings.Cut(url, "://")
	if !found {
		before, rest = "", url
	} else {
		before += "://"
	}
	if at := userinfo(rest); at >= 0 {
		before, rest = before+redacted+"@", rest[at+1:]
	}
	rest, fragment, found := strings.Cut(rest, "#")
	if found {
		fragment = "#" + redacted
	}
	rest, query, found := strings.Cut(rest, "?")
	if found {
		query = "?" + redactQuery(query)
	}
	if strings.Contains(rest, "://") { // of an URL within the URL
		rest = Redact(rest)
	}
	return before + rest + query + fragment
}

// userinfo is where it ends, or -1. What follows a host's colon and is no port is the
// beginning of a password with a character that ought to have been encoded.
func userinfo(rest string) int {
	authority := rest
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	host := authority[at+1:]
	host = host[strings.LastIndexByte(host, ']')+1:]
	if _, port, found := strings.Cut(host, ":"); found && strings.Trim(port, "0123456789") != "" {
		return max(at, strings.LastIndexByte(rest, '@'))
	}
	return at
}

// redactQuery keeps the keys. What has no value may be one.
func redactQuery(query string) string {
	parts := strings.FieldsFunc(query, func(c rune) bool { return c == '&' || c == ';' })
	for i, part := range parts {
		key, value, _ := strings.Cut(part, "=")
		if parts[i] = redacted; strings.Trim(value, "=") != "" {
			parts[i] = key + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}
