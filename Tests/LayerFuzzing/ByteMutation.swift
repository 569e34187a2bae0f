/// Changes that know nothing of a format.
enum ByteMutation {
    /// Numbers at which programs err: around nothing, around signs, around the widths of integers.
    static let numbers: [UInt64] = [
        0, 1, 2, 511, 512, 513, 0x7fff, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000,
        1 << 40, 0x7fff_ffff_ffff_fe00, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_fe00,
        0xffff_ffff_ffff_ffff,
    ]

    /// Makes one change somewhere in `range`.
    static func apply(to bytes: inout [UInt8], in range: Range<Int>, _ random: inout FuzzRandom) {
        let range = range.clamped(to: 0..<bytes.count)
        guard !range.isEmpty else { return }
        let place = range.lowerBound + random.below(range.count)
        let length = min(1 + random.below(random.oneIn(4) ? 2000 : 16), range.upperBound - place)
        switch random.below(9) {
        case 0, 1, 2: bytes[place] ^= 1 << UInt8(random.below(8))
        case 3: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 4: for index in place..<place + length { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        case 5: for index in place..<place + length { bytes[index] = random.oneIn(2) ? 0 : 0xff }
        case 6: bytes.removeSubrange(place..<place + length)
        case 7:
            bytes.insert(contentsOf: bytes[place..<place + length], at: range.lowerBound + random.below(range.count))
        default: put(random.pick(numbers), width: random.pick([2, 4, 8]), at: place, in: &bytes)
        }
    }

    /// Ends the bytes early, or lets them go on.
    static func cut(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        if random.oneIn(5) {
            bytes += (0..<random.below(3000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        } else {
            bytes.removeLast(random.oneIn(2) ? random.below(bytes.count) : min(bytes.count, random.below(64)))
        }
    }

    /// Writes a number as squashfs does, the lowest byte first.
    static func put(_ number: UInt64, width: Int, at place: Int, in bytes: inout [UInt8]) {
        for index in 0..<width where place + index < bytes.count {
            bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
    }
}
