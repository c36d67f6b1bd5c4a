package contract_test

import (
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
)

// TestNumbers checks numbers in every notation of JSON. A quantity of zero is refused.
func TestNumbers(t *testing.T) {
	t.Parallel()
	create := operation(t, gen.Contract, "createJob")
	const (
		positive = "goalQuantity must be greater than 0"
		whole    = "goalQuantity must be an integer"
		large    = "goalQuantity must be at most 9007199254740991"
	)
	zeros := func(n int) string { return strings.Repeat("0", n) }
	for number, want := range map[string]any{
		"1": int64(1), "50": int64(50), "50.0": int64(50), "5e1": int64(50), "5E1": int64(50), "5e+1": int64(50),
		"500e-1": int64(50), "0.5e2": int64(50), "50.000e0": int64(50), "5e01": int64(50), "1e0": int64(1), "10e-1": int64(1),
		"9007199254740991":          int64(1<<53 - 1),
		"9007199254740991.0":        int64(1<<53 - 1),
		"9007199254740991e0":        int64(1<<53 - 1),
		"90071992547409910e-1":      int64(1<<53 - 1),
		"9.007199254740991e15":      int64(1<<53 - 1),
		"9007199254740990.0":        int64(1<<53 - 2),
		"1" + zeros(300) + "e-300":  int64(1),
		"0." + zeros(300) + "1e301": int64(1),
		"1." + zeros(2000):          int64(1),

		"0": positive, "-0": positive, "0.0": positive, "-0.0": positive, "0e0": positive, "0e999999999": positive, "-0e5": positive,
		"-1": positive, "-0.5": positive, "-1e-400": positive, "-1e400": positive, "-1e999999999": positive, "-1e30": positive,
		"-9223372036854775808": positive, "-9223372036854775809": positive,

		"0.5": whole, "1.5": whole, "1e-1": whole, "0." + zeros(30) + "1": whole, "1e-30": whole,
		"9007199254740990.5": whole, "9007199254740989.9999999999": whole, "1." + zeros(400) + "1": whole,
		// Too small for float64, but above zero: what is wrong with it is the fraction.
		"1e-400": whole, "1e-999999999": whole, "0." + zeros(400) + "1": whole, "123e-999999999": whole,

		"9007199254740992": large, "9007199254740993": large, "9007199254740992.0": large, "9.007199254740992e15": large,
		"9223372036854775807": large, "9223372036854775808": large, "18446744073709551616": large, "1e30": large, "1e308": large,
		"1e309": large, "1e400": large, "1e999999999": large, "1e99999999999999999999": large, strings.Repeat("9", 1000): large,
		"9007199254740991.5": large, "1" + zeros(400) + ".5": large,
	} {
		body, err := checkBody(t, create, `{"name":"x","goalQuantity":`+number+`}`)
		switch want := want.(type) {
		case int64:
			if err != nil || body["goalQuantity"] != want {
				t.Errorf("%.40s is %v, %v, want %d", number, body["goalQuantity"], err, want)
			}
		case string:
			wantMessages(t, number[:min(len(number), 40)], err, []string{want})
		}
	}
}

// TestNumbersOfManyDigits checks numbers that fill a body. The check must not do arithmetic on them, because the time of
// such arithmetic grows with the square of the digits.
func TestNumbersOfManyDigits(t *testing.T) {
	t.Parallel()
	create := operation(t, gen.Contract, "createJob")
	const digits = 1_000_000
	zeros := strings.Repeat("0", digits)
	for number, want := range map[string][]string{
		strings.Repeat("9", digits):              {"goalQuantity must be at most 9007199254740991"},
		"1." + zeros + "1":                       {"goalQuantity must be an integer"},
		"1." + strings.Repeat("9", digits):       {"goalQuantity must be an integer"},
		"0." + zeros + "1":                       {"goalQuantity must be an integer"},
		strings.Repeat("7", digits) + "e-999995": {"goalQuantity must be an integer"},
		"0." + zeros + "1e1000001":               nil,
		"1" + zeros + "e-1000000":                nil,
	} {
		_, err := checkBody(t, create, `{"name":"x","goalQuantity":`+number+`}`)
		wantMessages(t, number[:10], err, want)
	}
}
