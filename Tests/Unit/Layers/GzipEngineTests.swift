import FileTree
import Testing

@testable import Layers

/// Whatever library inflates: the same bytes, and the same complaints.
@Suite("Layers: gzip by each library")
struct GzipEngineTests {
    /// A way to read a whole stream, `piece` bytes at a time.
    typealias Read = (_ stream: [UInt8], _ piece: Int) throws -> [UInt8]

    private static func reader<Engine: GzipEngine>(_: Engine.Type) -> Read {
        { stream, piece in
            let inflater = try GzipInflater<Engine>(BlobInput(temporaryFile(stream), hashes: false))
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: piece)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try inflater.fill($0) }
                all += buffer[..<count]
                if count < piece { return all }
            }
        }
    }

    private var readers: [Read] {
        [Self.reader(ZlibEngine.self)] + (ISALEngine.isThere ? [Self.reader(ISALEngine.self)] : [])
    }

    /// Three members, of which one is empty; more than fits into the buffer of what is read.
    private func streams() throws -> (plain: [UInt8], members: [[UInt8]]) {
        var random = SplitMix(state: 11)
        let text = Array(random.text(700_000).utf8)
        let noise = (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let members = try [text, [], noise].map(gzip)
        return (text + noise, members)
    }

    private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let chunk = Chunk(capacity: bytes.count)
        chunk.memory.copyBytes(from: bytes)
        chunk.count = bytes.count
        let compressor = try #require(try Compression.gzip().makeCompressor())
        let compressed = try compressor.compress(chunk, nil)
        return withExtendedLifetime(compressed) { Array(compressed.bytes) }
    }

    @Test("the bytes of all members, for any size of what is asked for", arguments: [1, 4096, 100_001, 1 << 20])
    func members(_ piece: Int) throws {
        let (plain, members) = try streams()
        for read in readers {
            if piece == 1 {
                #expect(try read(members[1] + gzip(Array("it".utf8)), 1) == Array("it".utf8))
            } else {
                #expect(try read(Array(members.joined()), piece) == plain)
            }
        }
    }

    @Test("an end that comes too early, and what follows the last member")
    func ends() throws {
        let text = Array("some text, some text, some text".utf8)
        let stream = try gzip(text)
        for read in readers {
            for length in 1..<stream.count {
                #expect(failure { _ = try read(Array(stream[..<length]), 4096) } == "the gzip stream is truncated")
            }
            #expect(try read([], 4096) == [])
            // No member, also where it begins as one does.
            for rest: [UInt8] in [[0x6a], [0x1f], [0x1f, 0x8c], [UInt8](repeating: 0, count: 300_000)] {
                #expect(try read(stream + rest, 4096) == text)
            }
            #expect(failure { _ = try read(stream + [0x1f, 0x8b, 0xff], 4096) } != nil)
        }
    }

    @Test("a flag of a header that nobody has defined", arguments: [UInt8(0x20), 0x40, 0x80])
    func reservedFlags(_ flag: UInt8) throws {
        var stream = try gzip(Array("some text".utf8))
        stream[3] = flag
        for read in readers {
            #expect(failure { _ = try read(stream, 4096) }?.contains("flags that are not defined") == true)
        }
    }

    @Test("every flipped bit is found, or means nothing to any library")
    func damage() throws {
        let plain = Array("some text, some text, some text".utf8)
        let stream = try gzip(plain)
        for read in readers {
            var found = 0
            for bit in 0..<stream.count * 8 {
                var flipped = stream
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                if let bytes = try? read(flipped, 4096) {
                    #expect(bytes == plain, "bit \(bit)")
                } else {
                    found += 1
                }
            }
            // A time, a system's number, what fills up the last byte: few bits mean nothing.
            #expect(found > stream.count * 5)
        }
    }
}
