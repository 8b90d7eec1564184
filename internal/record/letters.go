package record

import (
	"context"
	"slices"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// Letters are the filings of the whole organisation in the given states, in the order of filing, for those who answer for the record. The caller has checked that the
// person may see them. next is where the list goes on, and zero at its end.
func (d *Desk) Letters(ctx context.Context, states []State, after LetterPlace, limit int) (papers []Paper, next LetterPlace, err error) {
	if len(states) == 0 {
		states = []State{Refused, Failed}
	}
	papers, err = d.store.PapersIn(ctx, states, after, limit+1)
	if err != nil || len(papers) <= limit {
		return papers, LetterPlace{}, err
	}
	papers = papers[:limit]
	last := papers[limit-1]
	return papers, LetterPlace{FiledAt: last.FiledAt, Filing: last.ID}, nil
}

// Letter is one filing, in whatever state, for those who answer for the record: what became of what they sent again.
func (d *Desk) Letter(ctx context.Context, filing id.Filing) (Paper, error) {
	paper, _, err := d.store.Paper(ctx, filing)
	return paper, err
}

// Replay sends a refused or failed filing again on behalf of those who answer for the record, who need not be in its conversation.
func (d *Desk) Replay(ctx context.Context, by Clinician, filing id.Filing) (Paper, error) {
	paper, _, err := d.store.Paper(ctx, filing)
	if err != nil {
		return Paper{}, err
	}
	if paper.State != Refused && paper.State != Failed {
		return Paper{}, ErrNothingToDo
	}
	return d.sendAgain(ctx, by, paper, "records")
}

// ParseState reads a state's name.
func ParseState(name string) (State, error) {
	state := slices.Index(stateNames[:], name)
	if state <= 0 {
		return 0, fault.New(fault.Invalid, "state_unknown", "A filing is waiting, filing, received, refused or failed.")
	}
	return State(state), nil
}
