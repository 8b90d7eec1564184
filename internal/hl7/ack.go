package hl7

import "strings"

// Ack is what was answered to a message.
type Ack struct {
	From    Place  // MSH-3 and MSH-4 of the answer
	Code    string // MSA-1
	Answers string // MSA-2: the control id of the message that it answers
	Words   string // MSA-3 and what ERR segments say, as it came
}

// ReadAck reads an acknowledgement. Whose it is and what it is worth is for the caller.
func ReadAck(data []byte) (Ack, error) {
	message, err := Decode(data)
	if err != nil {
		return Ack{}, err
	}
	header, msa := message[0], message.Segment("MSA")
	if header.Value(9, 1) != "ACK" || msa.Value(1, 1) == "" || msa.Value(2, 1) == "" {
		return Ack{}, ErrShape
	}
	ack := Ack{
		From: Place{Application: header.Value(3, 1), Facility: header.Value(4, 1)}, Code: msa.Value(1, 1), Answers: msa.Value(2, 1),
	}
	words := []string{msa.Value(3, 1)}
	for _, segment := range message {
		if segment.Name != "ERR" {
			continue
		}
		// ERR-8 is for people, ERR-7 for engineers, ERR-3 a code with its meaning; before version 2.5 there was only ERR-1.
		for _, said := range []string{segment.Value(8, 1), segment.Value(7, 1), segment.Value(3, 2), segment.Value(1, 4)} {
			if said != "" {
				words = append(words, said)
				break
			}
		}
	}
	var said []string
	for _, one := range words {
		if one = strings.TrimSpace(one); one != "" && !strings.Contains(strings.Join(said, "; "), one) {
			said = append(said, one)
		}
	}
	ack.Words = strings.Join(said, "; ")
	return ack, nil
}

// Answer makes an acknowledgement, for tests and the demonstration.
func Answer(from Place, code, answers, words, controlID string) Message {
	message := Message{
		{"MSH", []Field{
			Text(string(fieldMark)), Text(encodingCharacters), Text(from.Application), Text(from.Facility), nil, nil, nil, nil, Text("ACK"),
			Text(controlID), Text("P"), Text(version), nil, nil, nil, nil, nil, Text("UNICODE UTF-8"),
		}},
		{"MSA", []Field{Text(code), Text(answers)}},
	}
	if words != "" {
		message[1].Fields = append(message[1].Fields, Text(words))
	}
	return message
}
