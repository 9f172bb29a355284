package main

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

type side string

const (
	bid side = "bid"
	ask side = "ask"
)

// level is how much is bid or asked at a price. A size of zero removes it.
type level struct {
	Side  side  `json:"side"`
	Price int64 `json:"price"`
	Size  int64 `json:"size"`
}

// levels is an order book: the size at each price of each side.
type levels struct{ bids, asks map[int64]int64 }

func newLevels(all ...level) levels {
	l := levels{bids: make(map[int64]int64), asks: make(map[int64]int64)}
	l.apply(all)
	return l
}

func (l levels) apply(changed []level) {
	for _, c := range changed {
		of := l.bids
		if c.Side == ask {
			of = l.asks
		}
		if c.Size == 0 {
			delete(of, c.Price)
			continue
		}
		of[c.Price] = c.Size
	}
}

// all is the book in its one order: the bids from the best, then the asks.
func (l levels) all() []level {
	all := make([]level, 0, len(l.bids)+len(l.asks))
	for price, size := range l.bids {
		all = append(all, level{bid, price, size})
	}
	slices.SortFunc(all, func(a, b level) int { return cmp.Compare(b.Price, a.Price) })
	bids := len(all)
	for price, size := range l.asks {
		all = append(all, level{ask, price, size})
	}
	slices.SortFunc(all[bids:], func(a, b level) int { return cmp.Compare(a.Price, b.Price) })
	return all
}

// checksum is the CRC-32 of the book, which exchanges send along so that a client can
// tell that its copy is right.
func (l levels) checksum() uint32 {
	var data []byte
	for _, level := range l.all() {
		data = append(data, level.Side...)
		data = binary.BigEndian.AppendUint64(data, uint64(level.Price))
		data = binary.BigEndian.AppendUint64(data, uint64(level.Size))
	}
	return crc32.ChecksumIEEE(data)
}

// best returns the prices at the top of the book, zero for an empty side.
func (l levels) best() (highestBid, lowestAsk int64) {
	for price := range l.bids {
		highestBid = max(highestBid, price)
	}
	for price := range l.asks {
		if lowestAsk == 0 || price < lowestAsk {
			lowestAsk = price
		}
	}
	return highestBid, lowestAsk
}
