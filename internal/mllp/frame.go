package mllp

import (
	"bufio"
	"errors"
	"io"
)

// The bytes around a message.
const (
	startBlock     = 0x0b
	endBlock       = 0x1c
	carriageReturn = 0x0d
)

// Bounds of an answer. An acknowledgement is a few hundred bytes.
const (
	mostAnswer = 64 << 10
	mostNoise  = 64 // bytes before a frame
)

// errFrame is an answer that is not framed as MLLP frames it, or is too long.
var errFrame = errors.New("mllp: not a frame")

// frame puts a message between its marks. The message holds none of them: hl7.Encode sees to that.
func frame(message []byte) []byte {
	framed := make([]byte, 0, len(message)+3)
	framed = append(framed, startBlock)
	framed = append(framed, message...)
	return append(framed, endBlock, carriageReturn)
}

// ReadFrame reads the next message of a connection, at most limit bytes. Its errors are the connection's, or that what came is not a frame.
func ReadFrame(from *bufio.Reader, limit int) ([]byte, error) {
	for noise := 0; ; noise++ {
		b, err := from.ReadByte()
		if err != nil {
			return nil, err
		}
		if b == startBlock {
			break
		}
		if noise == mostNoise || b != carriageReturn && b != '\n' && b != ' ' {
			return nil, errFrame
		}
	}
	var message []byte
	for {
		b, err := from.ReadByte()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		switch {
		case b == startBlock || len(message) == limit && b != endBlock:
			return nil, errFrame
		case b == endBlock:
			if last, err := from.ReadByte(); err != nil || last != carriageReturn {
				return nil, errors.Join(errFrame, err)
			}
			return message, nil
		}
		message = append(message, b)
	}
}

// WriteFrame sends a message.
func WriteFrame(to io.Writer, message []byte) error {
	_, err := to.Write(frame(message))
	return err
}
