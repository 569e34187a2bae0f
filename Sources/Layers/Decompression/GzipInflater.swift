import Failure

/// A library that inflates gzip, one member after the other, and checks each member's CRC and length.
protocol GzipEngine: AnyObject {
    /// What one call took and gave.
    typealias Step = (taken: Int, given: Int, isAtEnd: Bool)

    /// Ready for a first member.
    init() throws

    /// Makes ready for the next member.
    func reset()

    /// Inflates until the input at hand, the room, or the member is at its end. Damage is an error.
    func inflate(_ input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) throws -> Step
}

/// What a member begins with.
let gzipMagic: [UInt8] = [0x1f, 0x8b]

/// The inflater with the fastest library that there is.
func makeGzipInflater(_ input: BlobInput) throws -> any Inflater {
    ISALEngine.isThere ? try GzipInflater<ISALEngine>(input) : try GzipInflater<ZlibEngine>(input)
}

/// gzip of one or many members. What follows them and is none is passed over, as gzip(1) does: it is of no use, and the
/// digest of a blob is one of all its bytes.
final class GzipInflater<Engine: GzipEngine>: Inflater {
    private let input: BlobInput
    private let engine: Engine
    private var isBetweenMembers = true
    private var hasMember = false

    init(_ input: BlobInput) throws {
        self.input = input
        engine = try Engine()
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < memory.count {
            let hasInput = try input.refill()
            if isBetweenMembers {
                if try !hasInput || (hasMember && input.peek(2) != gzipMagic) { break }
                try refuseReservedFlags()
                engine.reset()
                isBetweenMembers = false
                hasMember = true
            } else if !hasInput {
                throw Failure("the gzip stream is truncated")
            }
            let room = UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
            let step = try engine.inflate(input.rest, into: room)
            input.consume(step.taken)
            filled += step.given
            isBetweenMembers = step.isAtEnd
            if step == (0, 0, false) { throw Failure("the gzip stream is damaged: it leads nowhere") }
        }
        return filled
    }

    /// A flag that RFC 1952 leaves undefined may announce a field, and what follows would be misread. Not every library
    /// looks.
    private func refuseReservedFlags() throws {
        let header = try input.peek(4)
        guard header.count == 4, header[3] & 0xe0 != 0 else { return }
        throw Failure(
            "the gzip stream is damaged: its header has flags that are not defined (\(header[3]))",
            help: "compress it anew")
    }
}
