/// Numbers that follow from a seed alone: SplitMix64, whose few lines are easily the same everywhere.
package struct FuzzRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The numbers of one iteration; neighbours have nothing in common.
    package init(seed: UInt64, iteration: Int) {
        state = seed
        state = next() ^ UInt64(truncatingIfNeeded: iteration) &* 0xd6e8_feb8_6659_fd93
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// A number from 0 up to, but without, `limit`; 0 if that is 0.
    mutating func below(_ limit: Int) -> Int { limit > 0 ? Int(next() % UInt64(limit)) : 0 }

    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    /// One of some values, of which there must be some.
    mutating func pick<Values: RandomAccessCollection>(_ values: Values) -> Values.Element {
        values[values.index(values.startIndex, offsetBy: below(values.count))]
    }
}
