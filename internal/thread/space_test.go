package thread_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/internal/envelope"
)

// TestR12_R49_EachSpaceCarriesItsActs: what is about a patient is said in that patient's thread, and nobody is asked for decisions among friends.
func TestR12_R49_EachSpaceCarriesItsActs(t *testing.T) {
	// In this order: a decision needs a confirmation, and a quarantine ends the rest.
	patientOnly := []envelope.MessageKind{
		envelope.KindConfirm, envelope.KindDecision, envelope.KindWithdraw, envelope.KindCountersign,
	}
	everywhere := []envelope.MessageKind{envelope.KindText, envelope.KindNotice, envelope.KindAcknowledge}
	clinical := []envelope.MessageKind{envelope.KindSweep}
	last := []envelope.MessageKind{envelope.KindQuarantine}
	kinds := slices.Concat(patientOnly, everywhere, clinical, last)
	for _, row := range []struct {
		space  envelope.Space
		allows []envelope.MessageKind
	}{
		{envelope.SpacePatient, kinds},
		{envelope.SpaceTeam, slices.Concat(everywhere, clinical)},
		{envelope.SpaceDirect, slices.Concat(everywhere, clinical)},
		{envelope.SpaceAnnouncement, everywhere},
		{envelope.SpaceSocial, everywhere},
	} {
		t.Run(row.space.String(), func(t *testing.T) {
			each(t, row.space, func(f *ward) {
				for _, kind := range kinds {
					header := f.talk.Header(f.ben)
					header.Kind = kind
					_, err := f.send(f.ben, f.talk.Seal(f.ben, header, "an act"))
					if slices.Contains(row.allows, kind) {
						f.must(err)
						continue
					}
					f.refused(kind.String(), err, "not_in_this_space")
					f.talk.Unsay(f.ben)
				}
			})
		})
	}
}
