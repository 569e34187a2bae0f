import FileTree
import Fixtures
import Progress
import SystemPackage
import Testing

@testable import Stacker

@Suite("What a layer says on a terminal")
struct HeldPageTests {
    private func write(_ text: String, to sink: some LineSink) throws {
        try Array(text.utf8).withUnsafeBytes { try sink.write($0) }
    }

    @Test("stands there in one piece when the layer has ended")
    func held() throws {
        try withTemporaryDirectory { directory in
            let terminal = try Terminal()
            let bars = TerminalProgress(on: terminal.number, isStopped: { true })
            let file = StandardFile(terminal.number, bars)
            let pages = ["a", "b"].map { HeldPage(on: file, of: RunningLayer($0), spillingInto: directory) }
            try write("a1\n", to: pages[0])
            try write("b1\n", to: pages[1])
            try write("a2\n", to: pages[0])
            #expect(try terminal.written() == "")
            try pages[0].release()
            #expect(try terminal.written() == "a1\na2\n")
            #expect(!pages[0].isHeld)
            try pages[0].release()
            try write("late\n", to: pages[0])
            try pages[1].release()
            #expect(try terminal.written() == "late\nb1\n")
        }
    }

    @Test("is whole also where it is too much for memory, and leaves no file")
    func spilled() throws {
        try withTemporaryDirectory { directory in
            let terminal = try Terminal()
            let page = HeldPage(
                on: StandardFile(terminal.number, TerminalProgress(on: terminal.number, isStopped: { true })),
                of: RunningLayer("a"), spillingInto: directory)
            let line = String(repeating: "x", count: 999) + "\n"
            for _ in 0..<3000 { try write(line, to: page) }
            #expect(try Directory(at: directory).names().isEmpty)
            let shown = Thread { try? page.release() }
            var bytes = 0
            while bytes < 3_000_000 {
                let count = try terminal.written(patience: 60_000).utf8.count
                try #require(count > 0)
                bytes += count
            }
            shown.join()
            #expect(bytes == 3_000_000)
        }
    }

    @Test("is seen at once from where there is no room to keep it, and nothing is lost")
    func noRoom() throws {
        let terminal = try Terminal()
        let page = HeldPage(
            on: StandardFile(terminal.number, TerminalProgress(on: terminal.number, isStopped: { true })),
            of: RunningLayer("a"), spillingInto: "/dev/null/nothing")
        try write("first\n", to: page)
        let big = String(repeating: "x", count: (1 << 20) - 1) + "\n"
        let writing = Thread { try? write(big, to: page) }
        var text = ""
        while text.utf8.count < 6 + big.utf8.count {
            let more = try terminal.written(patience: 60_000)
            try #require(!more.isEmpty)
            text += more
        }
        writing.join()
        #expect(text == "first\n" + big)
        #expect(!page.isHeld)
    }
}
