// Package routecard is the Go client of Routecard. It has one method for each operation of the contract, with the operation's
// name. Parameters and results are the types of the contract.
//
//	c, err := routecard.New("http://localhost:3000")
//	job, err := c.CreateJob(ctx, routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50})
//
// Optional fields are pointers: write new("PI-42"). A response that is not a 2xx is returned as an *[Error]. If there was no
// response, the error is that of net/http. If a change may have been made although its call failed, errors.Is(err,
// [ErrOutcomeUnknown]) is true; after any other error, nothing has changed.
//
// Methods repeat a request when that is safe, see [Retry]. Methods that begin with List return a whole list or one page;
// methods that begin with All iterate over a list page by page. [Client.Events] follows the live stream of changes.
package routecard
