/// Changes of a squashfs that know its format.
///
/// [The format](https://dr-emann.github.io/squashfs/squashfs.html)
enum SquashfsMutation {
    /// The fields of the superblock, as offset and width.
    private static let fields = [
        (0, 4), (4, 4), (8, 4), (12, 4), (16, 4), (20, 2), (22, 2), (24, 2), (26, 2), (28, 2), (30, 2), (32, 8),
        (40, 8),
        (48, 8), (56, 8), (64, 8), (72, 8), (80, 8), (88, 8),
    ]

    static func apply(to image: inout [UInt8], _ random: inout FuzzRandom) {
        guard image.count > 96 else { return }
        let starts = [48, 56, 64, 72, 80, 88].map { number(image, at: $0) }
        switch random.below(8) {
        case 0:
            let (place, width) = random.pick(fields)
            let near = number(image, at: place) &+ UInt64(random.below(64)) &- 32
            let value =
                random.oneIn(2) ? random.pick(ByteMutation.numbers) : random.oneIn(2) ? near : random.pick(starts)
            ByteMutation.put(value, width: width, at: place, in: &image)
        case 1:
            ByteMutation.cut(&image, &random)
        case 2:
            ByteMutation.apply(to: &image, in: 0..<image.count, &random)
        default:
            // One of the tables: numbers in place, so that all else stays where it is.
            guard let start = Int(exactly: random.pick(starts)), start < image.count else { return }
            let end =
                starts.compactMap { Int(exactly: $0) }.filter { $0 > start && $0 <= image.count }.min() ?? image.count
            let place = start + random.below(min(end, start + 9000) - start)
            switch random.below(4) {
            case 0: image[place] ^= 1 << UInt8(random.below(8))
            case 1: image[place] = UInt8(truncatingIfNeeded: random.next())
            case 2:
                ByteMutation.put(
                    random.pick(ByteMutation.numbers), width: random.pick([2, 4, 8]), at: place, in: &image)
            default:
                let near = number(image, at: place) & 0xffff &+ UInt64(random.below(8)) &- 4
                ByteMutation.put(near, width: 2, at: place, in: &image)
            }
        }
    }

    private static func number(_ bytes: [UInt8], at place: Int) -> UInt64 {
        bytes[min(place, bytes.count)..<min(place + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
