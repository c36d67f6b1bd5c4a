package routecard

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestTyped decodes an event of a known type, one of a type that a later server has, and one whose data is not that of its type.
func TestTyped(t *testing.T) {
	t.Parallel()
	read := func(text string) Event {
		var event Event
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		return event
	}
	event := read(`{"id":"evt_1","seq":7,"type":"serial.scrapped","serialId":"SN-00002","data":{"stepName":"Deburring","reason":"damaged"}}`)
	typed, err := event.Typed()
	if err != nil {
		t.Fatal(err)
	}
	scrapped, ok := typed.(SerialScrappedEvent)
	if !ok || scrapped.Data.StepName != "Deburring" || scrapped.Data.Reason != Damaged || *scrapped.SerialID != "SN-00002" || scrapped.Seq != 7 {
		t.Errorf("the event is %#v", typed)
	}

	unknown := read(`{"id":"evt_2","type":"serial.painted","data":{"color":"red"}}`)
	if typed, err := unknown.Typed(); err != nil || !reflect.DeepEqual(typed, unknown) {
		t.Errorf("an unknown event is %#v, %v", typed, err)
	}

	wrong := read(`{"id":"evt_3","type":"path.created","data":{"steps":7}}`)
	if typed, err := wrong.Typed(); err == nil || !strings.HasPrefix(err.Error(), "data of event evt_3 (path.created): ") {
		t.Errorf("an event with wrong data is %#v, %v", typed, err)
	}
}
