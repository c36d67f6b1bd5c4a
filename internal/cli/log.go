package cli

import (
	"log/slog"
	"os"

	"golang.org/x/term"
)

// logFlags say what the server logs, and in which format.
type logFlags struct {
	LogLevel  string `default:"info" enum:"debug,info,warn,error" env:"ROUTECARD_LOG_LEVEL" placeholder:"LEVEL" help:"debug (every request), info, warn, or error (default: ${default})."`
	LogFormat string `default:"auto" enum:"auto,text,json" env:"ROUTECARD_LOG_FORMAT" placeholder:"FORMAT" help:"text, json, or auto: text at a terminal, JSON elsewhere (default: ${default})."`
}

// logger returns a logger that writes to the file. In the format auto, the file decides: a terminal gets text, and a pipe, a
// file, or a journal gets JSON.
func (f logFlags) logger(file *os.File) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	if f.LogFormat == "text" || f.LogFormat == "auto" && term.IsTerminal(int(file.Fd())) {
		return slog.New(slog.NewTextHandler(file, options)), nil
	}
	return slog.New(slog.NewJSONHandler(file, options)), nil
}
