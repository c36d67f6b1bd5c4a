// Package routecard is the Go client of Routecard. It has a method for each operation of the contract, named as there; what
// goes in and comes out are the contract's own types.
//
//	c, err := routecard.New("http://localhost:3000")
//	job, err := c.CreateJob(ctx, routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50})
//
// An optional field is a pointer: write new("PI-42"). Any answer but a 2xx is an *[Error]; what never got an answer is the
// error of net/http.
//
// A method tries again when that cannot do harm, see [Retry]. Lists come whole or page by page with the methods that begin
// with All; the live stream of changes is [Client.Events].
package routecard
