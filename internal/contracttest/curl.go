package contracttest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Curl writes a request as a line for a shell, so that whoever reads of a failure can see it happen.
func Curl(request *http.Request, body []byte) string {
	line := []string{"curl -i -X " + request.Method, quote(request.URL.String())}
	var names []string
	for name := range request.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range request.Header[name] {
			// A header with an empty value ends in a semicolon for curl; with a colon it would not be sent.
			if value == "" {
				line = append(line, "-H "+quote(name+";"))
				continue
			}
			line = append(line, "-H "+quote(name+": "+value))
		}
	}
	if request.Host != "" && request.Host != request.URL.Host {
		line = append(line, "-H "+quote("Host: "+request.Host))
	}
	if len(body) > 0 {
		line = append(line, "--data-binary "+quote(string(body)))
	}
	return strings.Join(line, " ")
}

// quote makes one word of a text, as bash and zsh understand it.
func quote(text string) string {
	plain := utf8.ValidString(text)
	for _, r := range text {
		plain = plain && r >= ' ' && r != 0x7f && r != '\'' && (r < 0x80 || r > 0x9f)
	}
	if plain {
		return "'" + text + "'"
	}
	var out strings.Builder
	out.WriteString("$'")
	for i := range len(text) {
		switch b := text[i]; {
		case b == '\'' || b == '\\':
			out.WriteByte('\\')
			out.WriteByte(b)
		case b < ' ' || b == 0x7f || b >= 0x80:
			fmt.Fprintf(&out, `\x%02x`, b)
		default:
			out.WriteByte(b)
		}
	}
	out.WriteByte('\'')
	return out.String()
}
