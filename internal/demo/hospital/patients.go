package hospital

import (
	"strings"
	"time"
)

// Patient is one invented person in the demonstration index.
type Patient struct {
	NHSNumber      string // ten digits; "" for somebody whose identity is not known yet
	Formerly       string // a number that was merged into this record
	HospitalNumber string
	Title          string
	Family         string
	Given          string
	Gender         string // male, female, other or unknown
	BirthDate      string // YYYY-MM-DD; "" when not known
	DiedOn         string // YYYY-MM-DD; "" when alive
	Where          string // ward and bed
	Language       string // code and name of the language spoken, when an interpreter is needed
	Restricted     bool
	Invalidated    bool
	MergedInto     string // the hospital number of the record that took the place of this one; "" for one in use
	Remark         string // why this patient is here, for the page
}

// The hospital's own identifier systems and its addition to Patient.
const (
	HospitalNumberSystem = "https://northbridge.example/id/hospital-number"
	DocumentNumberSystem = "https://northbridge.example/id/document-number"
	WardExtension        = "https://northbridge.example/fhir/ward-and-bed"
)

// Patients returns the forty people of the index as they came, always the same; what happened to them since is in register.go. Every number is a valid one of the ranges set aside for tests.
func Patients() []Patient { return append([]Patient(nil), patients...) }

var patients = []Patient{
	{NHSNumber: "9434765919", HospitalNumber: "N0041192", Title: "Mr", Family: "Smith", Given: "John", Gender: "male", BirthDate: "1954-03-12", Where: "Ward 7B, bed 14",
		Remark: "Near-namesake of Joan Smith, born on the same day"},
	{NHSNumber: "9000000025", HospitalNumber: "N0041193", Title: "Mrs", Family: "Smith", Given: "Joan", Gender: "female", BirthDate: "1954-03-12", Where: "AMU, bed 3",
		Remark: "Near-namesake of John Smith, born on the same day"},
	{NHSNumber: "9990137110", HospitalNumber: "N0038870", Title: "Mr", Family: "Smyth", Given: "John", Gender: "male", BirthDate: "1954-03-12", Where: "Ward 3A, bed 2",
		Remark: "Sounds like John Smith, born on the same day"},
	{NHSNumber: "9912003888", HospitalNumber: "N0052217", Title: "Ms", Family: "Okafor-Williamson", Given: "Ngozi Adaeze", Gender: "female", BirthDate: "1987-09-30", Where: "AMU, bed 9"},
	{NHSNumber: "9000000009", HospitalNumber: "N0009421", Title: "Mrs", Family: "Hughes", Given: "Margaret", Gender: "female", BirthDate: "1941-01-21", Where: "Ward 12, bed 5"},
	{NHSNumber: "9000000033", HospitalNumber: "N0047705", Title: "Mr", Family: "Begum-Carter", Given: "Idris", Gender: "male", BirthDate: "1979-06-02", Where: "Ward 7B, bed 3"},
	{NHSNumber: "9990216541", HospitalNumber: "N0060114", Title: "Miss", Family: "Achebe", Given: "Amara", Gender: "female", BirthDate: "2019-05-14", Where: "Children's ward, bed 1",
		Remark: "Twin of Adaora Achebe"},
	{NHSNumber: "9990375917", HospitalNumber: "N0060115", Title: "Miss", Family: "Achebe", Given: "Adaora", Gender: "female", BirthDate: "2019-05-14", Where: "Children's ward, bed 2",
		Remark: "Twin of Amara Achebe"},
	{NHSNumber: "9990421730", Formerly: "9990475466", HospitalNumber: "N0033019", Title: "Mrs", Family: "Kowalska", Given: "Zofia", Gender: "female", BirthDate: "1962-11-08", Where: "Ward 7B, bed 6",
		Language: "pl Polish", Remark: "Has an older number, 999 047 5466, which leads here"},
	{NHSNumber: "9990681058", HospitalNumber: "N0029944", Title: "Ms", Family: "Fairweather", Given: "Elinor", Gender: "female", BirthDate: "1990-02-17", Where: "Ward 7B, side room 1", Restricted: true,
		Remark: "Restricted record: no whereabouts are given"},
	{NHSNumber: "9990741891", HospitalNumber: "N0018003", Title: "Mr", Family: "Nolan", Given: "Patrick", Gender: "male", BirthDate: "1971-07-25", Invalidated: true,
		Remark: "Invalidated record: the index answers that it may not be used"},
	{NHSNumber: "9990891710", HospitalNumber: "N0007716", Title: "Mr", Family: "Ashworth", Given: "Leonard", Gender: "male", BirthDate: "1933-12-01", DiedOn: "2026-02-01", Where: "",
		Remark: "Has died"},
	{HospitalNumber: "N0099001", Family: "Unknown", Given: "Kestrel", Gender: "male", Where: "Emergency department, resus 2", Remark: "Temporary identity: no NHS number yet"},
	{HospitalNumber: "N0099002", Family: "Unknown", Given: "Lapwing", Gender: "female", Where: "Emergency department, resus 3", Remark: "Temporary identity: no NHS number yet"},
	{NHSNumber: "9990940711", HospitalNumber: "N0044510", Title: "Mr", Family: "Rahman", Given: "Mohammed", Gender: "male", BirthDate: "1968-04-19", Where: "Ward 7B, bed 1"},
	{NHSNumber: "9991136983", HospitalNumber: "N0044511", Title: "Mr", Family: "Rahman", Given: "Mohammad", Gender: "male", BirthDate: "1986-04-19", Where: "Ward 12, bed 11"},
	{NHSNumber: "9991337776", HospitalNumber: "N0021178", Title: "Mrs", Family: "O'Sullivan", Given: "Bríd", Gender: "female", BirthDate: "1948-08-30", Where: "Ward 7B, bed 9", Language: "q4 British Sign Language"},
	{NHSNumber: "9991509860", HospitalNumber: "N0050062", Title: "Dr", Family: "Venkataraman", Given: "Lakshmi", Gender: "female", BirthDate: "1959-10-10", Where: "Ward 7B, bed 2"},
	{NHSNumber: "9991676880", HospitalNumber: "N0035547", Title: "Mr", Family: "Jones", Given: "David Rhys", Gender: "male", BirthDate: "1945-03-01", Where: "Ward 3A, bed 7"},
	{NHSNumber: "9991729771", HospitalNumber: "N0035548", Title: "Mr", Family: "Jones", Given: "Dafydd Rhys", Gender: "male", BirthDate: "1945-03-01", Where: "Ward 3A, bed 8",
		Remark: "Near-namesake of David Rhys Jones, born on the same day"},
	{NHSNumber: "9991838635", HospitalNumber: "N0056621", Title: "Ms", Family: "Nguyễn", Given: "Thị Mai", Gender: "female", BirthDate: "1994-12-24", Where: "AMU, bed 1", Language: "vi Vietnamese"},
	{NHSNumber: "9991898352", HospitalNumber: "N0013390", Title: "Mrs", Family: "McAllister", Given: "Jean", Gender: "female", BirthDate: "1938-05-05", Where: "Ward 12, bed 2"},
	{NHSNumber: "9992108916", HospitalNumber: "N0058804", Title: "Mr", Family: "Wójcik", Given: "Tomasz", Gender: "male", BirthDate: "1983-01-13", Where: "Ward 7B, bed 4"},
	{NHSNumber: "9992278013", HospitalNumber: "N0062230", Title: "Mx", Family: "Grant", Given: "Robin", Gender: "other", BirthDate: "1999-09-09", Where: "AMU, bed 5"},
	{NHSNumber: "9992327375", HospitalNumber: "N0011904", Title: "Mr", Family: "Singh", Given: "Harjit", Gender: "male", BirthDate: "1950-06-21", Where: "Ward 7B, bed 7"},
	{NHSNumber: "9992542659", HospitalNumber: "N0011905", Title: "Mr", Family: "Singh", Given: "Harjeet", Gender: "male", BirthDate: "1950-06-12", Where: "Ward 12, bed 7"},
	{NHSNumber: "9992613211", HospitalNumber: "N0046638", Title: "Mrs", Family: "Fernandes", Given: "Maria", Gender: "female", BirthDate: "1965-02-28", Where: "Ward 3A, bed 1"},
	{NHSNumber: "9992716363", HospitalNumber: "N0024481", Title: "Mr", Family: "Whitfield", Given: "George", Gender: "male", BirthDate: "1936-11-11", Where: "Ward 7B, bed 10"},
	{NHSNumber: "9992766638", HospitalNumber: "N0063351", Title: "Miss", Family: "Baptiste", Given: "Chantelle", Gender: "female", BirthDate: "2004-07-07", Where: "AMU, bed 7"},
	{NHSNumber: "9992985739", HospitalNumber: "N0037714", Title: "Mr", Family: "Haddad", Given: "Youssef", Gender: "male", BirthDate: "1957-01-01", Where: "Ward 7B, bed 11", Language: "ar Arabic"},
	{NHSNumber: "9993145718", HospitalNumber: "N0019945", Title: "Mrs", Family: "Pemberton", Given: "Audrey", Gender: "female", BirthDate: "1930-04-02", Where: "Ward 12, bed 9"},
	{NHSNumber: "9993191957", HospitalNumber: "N0059907", Title: "Mr", Family: "Chukwu", Given: "Emeka", Gender: "male", BirthDate: "1992-08-15", Where: "Ward 3A, bed 4"},
	{NHSNumber: "9993339652", HospitalNumber: "N0031186", Title: "Ms", Family: "de la Cruz", Given: "Inés", Gender: "female", BirthDate: "1976-03-03", Where: "Ward 7B, bed 12"},
	{NHSNumber: "9993552054", HospitalNumber: "N0015562", Title: "Mr", Family: "Tanaka", Given: "Kenji", Gender: "male", BirthDate: "1961-05-27", Where: "Ward 7B, bed 8"},
	{NHSNumber: "9993750573", HospitalNumber: "N0064418", Title: "Master", Family: "Doyle", Given: "Finn", Gender: "male", BirthDate: "2021-10-31", Where: "Children's ward, bed 4"},
	{NHSNumber: "9993917915", HospitalNumber: "N0027733", Title: "Mrs", Family: "Ali", Given: "Safiya", Gender: "female", BirthDate: "1981-12-12", Where: "Ward 3A, bed 5"},
	{NHSNumber: "9993995177", HospitalNumber: "N0053309", Title: "Mr", Family: "Murray", Given: "Calum", Gender: "male", BirthDate: "1969-09-19", Where: "Ward 7B, bed 5"},
	{NHSNumber: "9994202340", HospitalNumber: "N0042256", Title: "Ms", Family: "Petrova", Given: "Irina", Gender: "female", BirthDate: "1973-04-23", Where: "AMU, bed 2"},
	{NHSNumber: "9994270931", HospitalNumber: "N0008859", Title: "Mr", Family: "Thornton-Hughes", Given: "Albert", Gender: "male", BirthDate: "1929-02-14", Where: "Ward 12, bed 1"},
	{NHSNumber: "9994488007", HospitalNumber: "N0061177", Title: "Mrs", Family: "Osei", Given: "Abena", Gender: "female", BirthDate: "1988-06-06", Where: "Ward 7B, bed 13"},
}

// FullName is the name as the record writes it: LAST name in capitals, first names, title.
func (p Patient) FullName() string {
	name := strings.ToUpper(p.Family) + ", " + p.Given
	if p.Title != "" {
		name += " (" + p.Title + ")"
	}
	return name
}

// Born is the date of birth as the record writes it (12-Mar-1954).
func (p Patient) Born() string { return longDate(p.BirthDate) }

// Died is the date of death likewise; "" for the living.
func (p Patient) Died() string { return longDate(p.DiedOn) }

// Number is the NHS number as people read it (943 476 5919), kept on one line.
func (p Patient) Number() string { return spaced(p.NHSNumber) }

func spaced(number string) string {
	if len(number) != 10 {
		return number
	}
	const noBreak = "\u00a0"
	return number[:3] + noBreak + number[3:6] + noBreak + number[6:]
}

func longDate(iso string) string {
	date, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return ""
	}
	return date.Format("02-Jan-2006")
}
