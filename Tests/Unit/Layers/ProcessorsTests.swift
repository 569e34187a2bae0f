import Failure
import FileTree
import Fixtures
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Layers

@Suite("What layers share of the machine")
struct ProcessorsTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test("of an allowance no more is taken than there is, by however many threads, and all comes back")
    func allowance() throws {
        let allowance = Allowance(5)
        let taken = Gauge()
        try inThreads(8) { _ in
            for _ in 0..<2000 {
                let part = allowance.take(atMost: 3)
                taken.rise(by: part)
                taken.fall(by: part)
                allowance.give(part)
            }
        }
        #expect(taken.most <= 5)
        #expect(allowance.rest == 5)
        #expect(!allowance.take(6) && allowance.rest == 5)
        #expect(allowance.take(5) && allowance.rest == 0)
        do { #expect(Loan(atMost: 4, of: allowance).amount == 0) }
        allowance.give(5)
        do {
            let loan = Loan(atMost: 4, of: allowance)
            #expect(loan.amount == 4 && allowance.rest == 1)
        }
        #expect(allowance.rest == 5)
    }

    @Test("a stream goes on with the chunks that it has in any case, when others have all of the memory")
    func room() throws {
        let memory = Allowance(0)
        let room = ChunkRoom(own: 1, most: 8, size: 2, of: memory)
        let inside = Gauge()
        let queue = Mutex<[Int]>([])
        let isDone = Thread.Box(false)
        let consumer = Thread {
            while !isDone.value || !queue.withLock(\.isEmpty) {
                guard let number = queue.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
                room.leave(number)
                inside.fall()
                room.leave(number)
            }
        }
        for number in 0..<1000 {
            room.put(number, users: 2)
            inside.rise()
            queue.withLock { $0.append(number) }
        }
        isDone.value = true
        consumer.join()
        #expect(inside.most == 1)
        #expect(memory.rest == 0)
    }

    @Test("what is taken comes back, also when the encoding is broken off")
    func givenBack() throws {
        struct Stopped: Error {}
        for name in 0..<2 { try tree.putNoise("noise\(name)", megabytes: 17) }
        let processors = Processors(3)
        let all = [processors.threads.rest, processors.memory.rest]
        for format in [LayerFormat.tar(), .tar(.zstd()), .tar(.none), .squashfs(), .erofs()] {
            for stops in [false, true] {
                let checks = Gauge()
                _ = try? encode(tree, as: format, into: blobs) { options in
                    options.processors = processors
                    options.workers = 3
                    options.checkpoint = {
                        checks.rise()
                        if stops, checks.total == 9 { throw Stopped() }
                    }
                }
                #expect(
                    [processors.threads.rest, processors.memory.rest] == all, "\(format.record), stopped: \(stops)")
            }
        }
        let layer = try #require(try encode(tree, .gzip(), into: blobs))
        var options = UnpackOptions()
        options.processors = processors
        try unpack(layer, from: blobs, into: scratch.sub("out"), options: options)
        #expect(processors.memory.rest == all[1])
    }
}

extension Directory {
    /// Puts a file that nothing can compress.
    fileprivate func putNoise(_ name: String, megabytes: Int) throws {
        let file = try open(FilePath(name), O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        let random = try OpenFile("/dev/urandom", O_RDONLY)
        for _ in 0..<megabytes { try file.writeAll(random.readExactly(1 << 20, at: 0)) }
    }
}
