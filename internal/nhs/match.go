package nhs

import "strings"

// Identifier is one of the things that identify a patient.
type Identifier string

// The identifiers that are compared. The two numbers count as one when three are asked for: see [Match.Positive].
const (
	FullName       Identifier = "name"
	DateOfBirth    Identifier = "birth_date"
	NHSNumber      Identifier = "nhs_number"
	HospitalNumber Identifier = "hospital_number"
)

// Identifiers are what somebody asked with, or what the patient index holds.
type Identifiers struct {
	Name           Name
	AlsoKnownAs    []Name // other names in present use, from the index only
	Born           BirthDate
	Number         Number
	Superseded     []Number // numbers that this record used to have, from the index only
	HospitalNumber string
	// FormerHospitalNumbers are hospital numbers whose records this one took the place of, from the index only.
	FormerHospitalNumbers []string
}

// Match is the result of a comparison, each list in the order of the constants. An identifier that was not asked with is in neither.
type Match struct {
	Matches    []Identifier
	Mismatches []Identifier
}

// MatchIdentifiers compares what was asked with what was found. Asked with and not found is a mismatch.
func MatchIdentifiers(asked, found Identifiers) Match {
	var m Match
	m.add(FullName, asked.Name.Family != "" || asked.Name.Given != "", knownAs(asked.Name, found))
	m.add(DateOfBirth, !asked.Born.IsZero(), asked.Born == found.Born)
	m.add(NHSNumber, !asked.Number.IsZero(), hasNumber(asked.Number, found))
	number := FoldHospitalNumber(asked.HospitalNumber)
	m.add(HospitalNumber, number != "", hasHospitalNumber(number, found))
	return m
}

// Positive reports whether this identifies the patient: full name, date of birth, and the NHS or the hospital number, all agreeing, and nothing that disagrees.
func (m Match) Positive() bool {
	return len(m.Mismatches) == 0 && m.Has(FullName) && m.Has(DateOfBirth) && (m.Has(NHSNumber) || m.Has(HospitalNumber))
}

// Has reports whether the identifier agreed.
func (m Match) Has(which Identifier) bool {
	for _, one := range m.Matches {
		if one == which {
			return true
		}
	}
	return false
}

func (m *Match) add(which Identifier, asked, same bool) {
	switch {
	case !asked:
	case same:
		m.Matches = append(m.Matches, which)
	default:
		m.Mismatches = append(m.Mismatches, which)
	}
}

func knownAs(name Name, found Identifiers) bool {
	if SameName(name, found.Name) {
		return true
	}
	for _, other := range found.AlsoKnownAs {
		if SameName(name, other) {
			return true
		}
	}
	return false
}

func hasNumber(number Number, found Identifiers) bool {
	if number == found.Number {
		return true
	}
	for _, old := range found.Superseded {
		if number == old {
			return true
		}
	}
	return false
}

func hasHospitalNumber(folded string, found Identifiers) bool {
	if folded == FoldHospitalNumber(found.HospitalNumber) {
		return true
	}
	for _, old := range found.FormerHospitalNumbers {
		if folded == FoldHospitalNumber(old) {
			return true
		}
	}
	return false
}

// FoldHospitalNumber makes hospital numbers that differ in spelling only the same text: capital letters and digits, and nothing else.
func FoldHospitalNumber(number string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(number))
}
