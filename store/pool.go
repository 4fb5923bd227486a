package store

import (
	"context"
	"sync"
)

// pool is the connections for reading that nobody uses. The one given back last
// is taken first: its page cache is warm, and where two would do, the caches of
// all the others need not be filled with the same pages.
type pool struct {
	free chan struct{} // as many as list has
	mu   sync.Mutex
	list []*conn
}

func newPool(size int) *pool { return &pool{free: make(chan struct{}, size)} }

func (p *pool) give(c *conn) {
	p.mu.Lock()
	p.list = append(p.list, c)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// taken is the connection for one that received from free.
func (p *pool) taken() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.list[len(p.list)-1]
	p.list = p.list[:len(p.list)-1]
	return c
}

// take waits for a free connection.
func (p *pool) take(ctx context.Context, closing <-chan struct{}) (*conn, error) {
	select {
	case <-p.free:
	default:
		select {
		case <-p.free:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-closing:
			return nil, ErrClosed
		}
	}
	select {
	case <-closing:
		p.free <- struct{}{}
		return nil, ErrClosed
	default:
		return p.taken(), nil
	}
}
