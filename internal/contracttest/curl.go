package contracttest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Curl returns the shell command that sends the request, for failure messages.
func Curl(request *http.Request, body []byte) string {
	line := []string{"curl -i -X " + request.Method, quote(request.URL.String())}
	for _, name := range slices.Sorted(maps.Keys(request.Header)) {
		for _, value := range request.Header[name] {
			// curl sends an empty header only if it is written with a semicolon.
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

// quote quotes a text as one word for bash and zsh.
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
