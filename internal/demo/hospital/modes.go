package hospital

import "fmt"

// RecordMode is how the record behaves until it is told otherwise.
type RecordMode string

// What the record can be told to do. All but the first are faults that happen in hospitals.
const (
	RecordAccept       RecordMode = "accept"
	RecordRefuse       RecordMode = "refuse"
	RecordDelay        RecordMode = "delay"
	RecordDropBefore   RecordMode = "drop-before"
	RecordDropAfter    RecordMode = "drop-after"
	RecordDown         RecordMode = "down"
	RecordGarbage      RecordMode = "garbage"
	RecordFalseReceipt RecordMode = "false-receipt"
	RecordAlter        RecordMode = "alter"
	RecordMisfile      RecordMode = "misfile"
)

// IndexMode is how the patient index behaves.
type IndexMode string

// What the index can be told to do.
const (
	IndexOK      IndexMode = "ok"
	IndexDown    IndexMode = "down"
	IndexGarbage IndexMode = "garbage"
	IndexSlow    IndexMode = "slow"
)

// described is a mode with the words that the page shows beside it.
type described[M ~string] struct {
	Mode  M
	Words string
}

var recordModes = []described[RecordMode]{
	{RecordAccept, "Files what it is sent and can be read back"},
	{RecordRefuse, "Refuses, and says why"},
	{RecordDelay, "Files, but answers too late"},
	{RecordDropBefore, "Hangs up without filing"},
	{RecordDropAfter, "Files, then hangs up without an answer"},
	{RecordDown, "Is down"},
	{RecordGarbage, "Answers with something that is not a FHIR answer"},
	{RecordFalseReceipt, "Says that it has filed, and has not"},
	{RecordAlter, "Files an altered document"},
	{RecordMisfile, "Files under another patient"},
}

var indexModes = []described[IndexMode]{
	{IndexOK, "Answers"},
	{IndexDown, "Is down"},
	{IndexGarbage, "Answers with something that is not a FHIR answer"},
	{IndexSlow, "Answers too late"},
}

// refusal is what the record says when it is told to refuse and no other reason is given.
const refusal = "The patient's record is locked while two records are merged. Ask health records, extension 4410."

func parseRecordMode(text string) (RecordMode, error) {
	if text == "drop" {
		return RecordDropBefore, nil
	}
	for _, known := range recordModes {
		if string(known.Mode) == text {
			return known.Mode, nil
		}
	}
	return "", fmt.Errorf("hospital: there is no record mode %q", text)
}

func parseIndexMode(text string) (IndexMode, error) {
	for _, known := range indexModes {
		if string(known.Mode) == text {
			return known.Mode, nil
		}
	}
	return "", fmt.Errorf("hospital: there is no index mode %q", text)
}
