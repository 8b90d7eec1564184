package live

import "sync"

// outbox is a connection's queue of frames. push never waits; a goroutine writes while there is something to write.
type outbox struct {
	write func([]byte) error
	// over is called once, by the writing goroutine, when nothing more will be written.
	over func()

	mu      sync.Mutex
	queue   [][]byte
	size    int
	writing bool // a writer is awake, or must not start yet
	ending  bool // the last frame is in the queue, nothing may follow it
	ended   bool // nothing more is written
}

// push queues a frame. When the queue is full it is thrown away, and the last the client hears is that it must sync again.
func (o *outbox) push(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ending || o.ended:
	case len(o.queue) >= queuedFrames || o.size+len(frame) > queuedBytes:
		o.endWith(resyncFrame)
	default:
		o.queue = append(o.queue, frame)
		o.size += len(frame)
		o.start()
	}
}

// finish throws the queue away and writes one last frame.
func (o *outbox) finish(last []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ending && !o.ended {
		o.endWith(last)
	}
}

// stop throws the queue away. Afterwards nothing is written.
func (o *outbox) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended, o.queue, o.size = true, nil, 0
}

// closing reports whether the last frame is queued or written.
func (o *outbox) closing() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ending || o.ended
}

func (o *outbox) endWith(last []byte) {
	o.queue, o.size = append(o.queue[:0:0], last), len(last)
	o.ending = true
	o.start()
}

// start wakes the writer. The caller holds mu.
func (o *outbox) start() {
	if !o.writing {
		o.writing = true
		go o.drain()
	}
}

// drain writes until the queue is empty. What waited together goes out together.
func (o *outbox) drain() {
	var batch [][]byte
	for {
		o.mu.Lock()
		if len(o.queue) == 0 || o.ended {
			o.writing = false
			over := o.ending && !o.ended
			if over {
				o.ended = true
			}
			o.mu.Unlock()
			if over {
				o.over()
			}
			return
		}
		// The queue starts again without its array, so that an idle connection holds none.
		batch, o.queue, o.size = o.queue, nil, 0
		o.mu.Unlock()
		if err := o.writeAll(batch); err != nil {
			o.stop()
			o.over()
			return
		}
	}
}

// writeAll joins frames into few writes: a system call costs more than the copying.
func (o *outbox) writeAll(batch [][]byte) error {
	if len(batch) == 1 {
		return o.write(batch[0])
	}
	joined := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(joined)
	for len(batch) > 0 {
		into := (*joined)[:0]
		for len(batch) > 0 && (len(into) == 0 || len(into)+len(batch[0]) <= joinSize) {
			if len(into) == 0 && len(batch[0]) > joinSize {
				break
			}
			into, batch = append(into, batch[0]...), batch[1:]
		}
		if len(into) == 0 {
			into, batch = batch[0], batch[1:]
		}
		if err := o.write(into); err != nil {
			return err
		}
	}
	return nil
}

const joinSize = 32 << 10

var joinBuffers = sync.Pool{New: func() any {
	buffer := make([]byte, 0, joinSize)
	return &buffer
}}
