package live

import (
	"cmp"
	"context"
	"slices"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/thread"
)

// syncing is one sync in progress.
type syncing struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startSync answers what a client misses, beside whatever else it does. A new sync replaces the old.
func (c *conn) startSync(have map[id.Thread]uint64) {
	c.stopSync()
	ctx, cancel := context.WithCancel(c.ctx)
	s := &syncing{cancel: cancel, done: make(chan struct{})}
	c.syncing = s
	go func() {
		defer close(s.done)
		if err := c.sync(ctx, have); err != nil && ctx.Err() == nil {
			c.note(err)
			c.finish(resyncFrame)
		}
	}()
}

func (c *conn) stopSync() {
	if c.syncing != nil {
		c.syncing.cancel()
		<-c.syncing.done
		c.syncing = nil
	}
}

// syncPage is how many entries are read and written at once.
const syncPage = 500

// sync tells the heads of all the person's threads, then every entry that the client lacks, the thread with the latest news
// first, then that it is done. What is committed meanwhile is published as ever, so a client may see an entry twice, and
// never misses one. It writes past the queue, at the pace of the socket, so that a long gap does not push out news.
func (c *conn) sync(ctx context.Context, have map[id.Thread]uint64) error {
	heads, err := c.hub.threads.Heads(ctx, c.actor.Person)
	if err != nil {
		return err
	}
	if err := c.writePast(textFrame(headsEvent{"heads", heads})); err != nil {
		return err
	}
	slices.SortStableFunc(heads, func(a, b thread.Head) int { return cmp.Compare(b.LastAt, a.LastAt) })
	for _, head := range heads {
		if err := c.fill(ctx, head.Thread, have[head.Thread], head.Seq); err != nil {
			return err
		}
	}
	return c.writePast(syncedFrame)
}

// fill writes the entries after one seq up to another.
func (c *conn) fill(ctx context.Context, in id.Thread, after, until uint64) error {
	for after < until {
		page, err := c.hub.threads.Log(ctx, c.actor.Person, in, after, syncPage)
		if err != nil {
			return err
		}
		if err := c.writeEntries(page.Entries); err != nil {
			return err
		}
		if !page.More || len(page.Entries) == 0 {
			return nil
		}
		after += uint64(len(page.Entries))
	}
	return ctx.Err()
}

// writeEntries joins frames into few writes.
func (c *conn) writeEntries(entries [][]byte) error {
	joined := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(joined)
	into := (*joined)[:0]
	flush := func() error {
		if len(into) == 0 {
			return nil
		}
		err := c.writePast(into)
		into = into[:0]
		return err
	}
	for _, entry := range entries {
		if len(into)+len(entry)+10 > joinSize {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(entry)+10 > joinSize {
			if err := c.writePast(binaryFrame(entry)); err != nil {
				return err
			}
			continue
		}
		into = append(appendHeader(into, finalBinary, len(entry)), entry...)
	}
	return flush()
}

// writePast writes without queueing, unless the connection is ending: nothing may follow its last frame.
func (c *conn) writePast(frames []byte) error {
	if c.out.closing() {
		return errClosing
	}
	return c.write(frames)
}
