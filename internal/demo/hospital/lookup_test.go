package hospital

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/pds"
)

// indexOfHospital is Wardline's adapter, configured for the hospital as for a real one.
func indexOfHospital(t *testing.T, h *Hospital) *pds.Index {
	t.Helper()
	index, err := pds.New(pds.Config{BaseURL: h.IndexURL(), HospitalNumberSystem: HospitalNumberSystem, WardExtension: WardExtension})
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func number(t *testing.T, text string) nhs.Number {
	t.Helper()
	n, err := nhs.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func born(t *testing.T, text string) nhs.BirthDate {
	t.Helper()
	b, err := nhs.ParseBirthDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestR11_LookUp(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h)
	cases := []struct {
		name, asked string
		want        pds.Found
	}{
		{"the usual case", "943 476 5919", pds.Found{
			NHSNumber: number(t, "9434765919"), AskedNumber: number(t, "9434765919"), Family: "Smith", Given: "John", Title: "Mr",
			BirthDate: born(t, "1954-03-12"), Gender: "male", HospitalNumber: "N0041192", Ward: "Ward 7B, bed 14",
			Version: "1", Reference: "Patient/9434765919/_history/1", Score: 1,
		}},
		{"a superseded number leads to the one in use, an interpreter is needed", "999 047 5466", pds.Found{
			NHSNumber: number(t, "9990421730"), AskedNumber: number(t, "9990475466"), Superseded: true, Family: "Kowalska", Given: "Zofia", Title: "Mrs",
			BirthDate: born(t, "1962-11-08"), Gender: "female", HospitalNumber: "N0033019", Ward: "Ward 7B, bed 6",
			Needs: []string{"Interpreter: Polish"}, Version: "2", Reference: "Patient/9990421730/_history/2", Score: 1,
		}},
		{"a restricted record, without whereabouts", "999 068 1058", pds.Found{
			NHSNumber: number(t, "9990681058"), AskedNumber: number(t, "9990681058"), Family: "Fairweather", Given: "Elinor", Title: "Ms",
			BirthDate: born(t, "1990-02-17"), Gender: "female", HospitalNumber: "N0029944", Restricted: true,
			Version: "1", Reference: "Patient/9990681058/_history/1", Score: 1,
		}},
		{"somebody who has died", "999 089 1710", pds.Found{
			NHSNumber: number(t, "9990891710"), AskedNumber: number(t, "9990891710"), Family: "Ashworth", Given: "Leonard", Title: "Mr",
			BirthDate: born(t, "1933-12-01"), Gender: "male", HospitalNumber: "N0007716", Deceased: true, DiedOn: "2026-02-01",
			Version: "1", Reference: "Patient/9990891710/_history/1", Score: 1,
		}},
		{"a double name with marks", "999 183 8635", pds.Found{
			NHSNumber: number(t, "9991838635"), AskedNumber: number(t, "9991838635"), Family: "Nguyễn", Given: "Thị Mai", Title: "Ms",
			BirthDate: born(t, "1994-12-24"), Gender: "female", HospitalNumber: "N0056621", Ward: "AMU, bed 1", Needs: []string{"Interpreter: Vietnamese"},
			Version: "1", Reference: "Patient/9991838635/_history/1", Score: 1,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := index.LookUp(t.Context(), number(t, c.asked))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, found, cmpopts.EquateComparable(nhs.Number{}, nhs.BirthDate{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if asked := (nhs.Identifiers{Name: found.Name(), Born: found.BirthDate, Number: found.AskedNumber}); !nhs.MatchIdentifiers(asked, found.Identifiers()).Positive() {
				t.Error("the person asked for does not match the person found")
			}
		})
	}
}

func TestR11_LookUpRefusals(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h)
	for asked, want := range map[string]*fault.Error{"999 074 1891": pds.ErrInvalidated, "999 544 6391": pds.ErrUnknown} {
		if _, err := index.LookUp(t.Context(), number(t, asked)); !errors.Is(err, want) {
			t.Errorf("%s: %v", asked, err)
		}
	}
	if _, err := index.LookUpHospitalNumber(t.Context(), "N0018003"); !errors.Is(err, pds.ErrInvalidated) {
		t.Errorf("invalidated, by the hospital's number: %v", err)
	}
	if _, err := index.LookUp(t.Context(), nhs.Number{}); !errors.Is(err, pds.ErrUnknown) {
		t.Errorf("no number: %v", err)
	}
}

func TestR11_EveryPatientCanBeFound(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h)
	for _, p := range Patients() {
		var found pds.Found
		var err error
		switch {
		case p.Invalidated:
			continue
		case p.NHSNumber == "":
			found, err = index.LookUpHospitalNumber(t.Context(), p.HospitalNumber)
		default:
			found, err = index.LookUp(t.Context(), number(t, p.NHSNumber))
		}
		if err != nil || found.Name().Display() != p.FullName() || found.HospitalNumber != p.HospitalNumber || found.BirthDate.Display() != p.Born() {
			t.Errorf("%s: %+v, %v", p.FullName(), found, err)
		}
	}
}

func TestR11_TemporaryIdentitiesStayDistinct(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h)
	kestrel, err := index.LookUpHospitalNumber(t.Context(), "N0099001")
	if err != nil {
		t.Fatal(err)
	}
	lapwing, err := index.LookUpHospitalNumber(t.Context(), "N0099002")
	if err != nil {
		t.Fatal(err)
	}
	if !kestrel.Temporary || !kestrel.NHSNumber.IsZero() || kestrel.Given == lapwing.Given || kestrel.Reference == lapwing.Reference {
		t.Errorf("%+v\n%+v", kestrel, lapwing)
	}
	for _, hostile := range []string{"", "N0099003", "N0099001,N0099002", "x|y"} {
		if _, err := index.LookUpHospitalNumber(t.Context(), hostile); !errors.Is(err, pds.ErrUnknown) {
			t.Errorf("%q: %v", hostile, err)
		}
	}
}

func TestH10_NearNamesakesAreFound(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h)
	cases := []struct {
		name  string
		query pds.Query
		want  []string
	}{
		{"John and Joan", pds.Query{Family: "SMITH", BirthDate: born(t, "1954-03-12")}, []string{"SMITH, Joan (Mrs)", "SMITH, John (Mr)"}},
		{"and Smyth, who sounds alike", pds.Query{Family: "Smith", Given: "John", BirthDate: born(t, "1954-03-12"), Sounding: true},
			[]string{"SMITH, John (Mr)", "SMITH, Joan (Mrs)", "SMYTH, John (Mr)"}},
		{"twins", pds.Query{Family: "Achebe", BirthDate: born(t, "2019-05-14")}, []string{"ACHEBE, Amara (Miss)", "ACHEBE, Adaora (Miss)"}},
		{"exact", pds.Query{Family: "Jones", Given: "Dafydd Rhys", BirthDate: born(t, "1945-03-01"), Exact: true}, []string{"JONES, Dafydd Rhys (Mr)"}},
		{"nobody", pds.Query{Family: "Nobody", BirthDate: born(t, "1945-03-01")}, nil},
		{"marks are sent as they are", pds.Query{Family: "Wójcik", BirthDate: born(t, "1983-01-13")}, []string{"WÓJCIK, Tomasz (Mr)"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			people, err := index.Search(t.Context(), c.query)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range people {
				names = append(names, p.Name().Display())
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("too many", func(t *testing.T) {
		_, err := index.Search(t.Context(), pds.Query{Family: "Smith", BirthDate: born(t, "1954-03-12"), Most: 1})
		if !errors.Is(err, pds.ErrTooMany) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("not asked in full", func(t *testing.T) {
		for _, query := range []pds.Query{
			{Family: "Smith"},
			{BirthDate: born(t, "1954-03-12")},
			{Family: "Sm*", BirthDate: born(t, "1954-03-12")},
			{Family: "Smith", BirthDate: born(t, "1954-03-12"), Sounding: true},
			{Family: "Smith", Given: "John", BirthDate: born(t, "1954-03-12"), Sounding: true, Exact: true},
		} {
			if _, err := index.Search(t.Context(), query); !errors.Is(err, pds.ErrSearch) {
				t.Errorf("%+v: %v", query, err)
			}
		}
	})
}

func TestR11_AnIndexInTroubleIsUnavailableNotEmpty(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h)
	for _, mode := range []IndexMode{IndexDown, IndexGarbage, IndexSlow} {
		t.Run(string(mode), func(t *testing.T) {
			if err := h.SetIndexMode(mode); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if mode == IndexSlow { // the hospital's clock stands still, so it never answers: the caller's patience ends it
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
			}
			defer cancel()
			_, err := index.LookUp(ctx, number(t, "9434765919"))
			if !errors.Is(err, pds.ErrUnavailable) || fault.As(err).Kind() != fault.Unavailable {
				t.Errorf("look-up: %v", err)
			}
			if strings.Contains(err.Error()+fault.As(err).Unwrap().Error(), "9434765919") {
				t.Errorf("the error names the patient: %v", fault.As(err).Unwrap())
			}
			people, err := index.Search(ctx, pds.Query{Family: "Smith", BirthDate: born(t, "1954-03-12")})
			if !errors.Is(err, pds.ErrUnavailable) || people != nil {
				t.Errorf("search: %v, %v", people, err)
			}
		})
	}
	t.Run("gone", func(t *testing.T) {
		_ = h.Close()
		if _, err := index.LookUp(t.Context(), number(t, "9434765919")); !errors.Is(err, pds.ErrUnavailable) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestR11_TheIndexAsThePatientRoomAsksIt(t *testing.T) {
	h := open(t, t.TempDir())
	index := indexOfHospital(t, h).ForPatients()
	record, err := index.LookUp(t.Context(), number(t, "9990475466"))
	if err != nil || !record.Superseded || record.Number != number(t, "9990421730") || record.Needs[0] != "Interpreter: Polish" || record.Version != "2" {
		t.Errorf("%+v, %v", record, err)
	}
	if record, err = index.LookUp(t.Context(), number(t, "9990891710")); err != nil || record.DiedOn != "2026-02-01" {
		t.Errorf("%+v, %v", record, err)
	}
	if _, err = index.LookUp(t.Context(), number(t, "9990741891")); !errors.Is(err, pds.ErrInvalidated) {
		t.Errorf("error = %v", err)
	}
	john := nhs.Name{Family: "Smith", Given: "John"}
	people, err := index.Alike(t.Context(), john, born(t, "1954-03-12"))
	var names []string
	for _, one := range people {
		names = append(names, one.Name.Family+" "+one.Name.Given)
	}
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"Smith Joan", "Smith John", "Smyth John"}) {
		t.Errorf("%v, %v", names, err)
	}
	if err := h.SetIndexMode(IndexDown); err != nil {
		t.Fatal(err)
	}
	if people, err = index.Alike(t.Context(), john, born(t, "1954-03-12")); !errors.Is(err, pds.ErrUnavailable) || people != nil {
		t.Errorf("%+v, %v", people, err)
	}
}
