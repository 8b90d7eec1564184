package nhs

import (
	"errors"
	"strings"
)

// Systems that FHIR names identifiers by.
const (
	SystemNumber       = "https://fhir.nhs.uk/Id/nhs-number"
	SystemOrganisation = "https://fhir.nhs.uk/Id/ods-organization-code"
	SystemSite         = "https://fhir.nhs.uk/Id/ods-site-code"
)

// ErrODSCode says that a text is not an ODS code.
var ErrODSCode = errors.New("an ODS code has three to ten letters and digits")

// ODSCode is an organisation's or a site's code in the Organisation Data Service, upper case, such as RXH or RXH01; empty for none.
type ODSCode string

// ParseODSCode reads a code in either case, with spaces around it.
func ParseODSCode(text string) (ODSCode, error) {
	code := strings.ToUpper(strings.TrimSpace(text))
	if len(code) < 3 || len(code) > 10 {
		return "", ErrODSCode
	}
	for n := range len(code) {
		if !isDigit(code[n]) && (code[n] < 'A' || code[n] > 'Z') {
			return "", ErrODSCode
		}
	}
	return ODSCode(code), nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
