import Synchronization
import Testing

@testable import Progress

@Suite("A bar")
struct ProgressBarTests {
    private func line(
        _ done: Int64, of total: Int64?, after elapsed: Double = 2,
        for subject: ProgressTask.Subject = .blob("sha256:0123456789abcdef"), width: Int
    ) -> String {
        ProgressBar(subject: subject, done: done, total: total, elapsed: elapsed).line(width: width)
    }

    @Test("says what, how much, how fast and how long, and leaves the last column free")
    func full() {
        #expect(
            line(45_000_000, of: 120_300_000, width: 81)
                == "blob 0123456789ab   [=====>         ]    45.0 MB / 120.3 MB   22.5 MB/s      4 s")
        #expect(line(45_000_000, of: 120_300_000, width: 81).count == 80)
        #expect(
            line(45_000_000, of: 120_300_000, width: 100)
                == "blob 0123456789ab   [============>                     ]    45.0 MB / 120.3 MB   22.5 MB/s      4 s"
        )
    }

    @Test("begins empty and ends full")
    func ends() {
        #expect(line(0, of: 100, after: 0, width: 81).contains("[>              ]"))
        #expect(line(100, of: 100, width: 81).contains("[===============]"))
        #expect(line(0, of: 0, width: 81).contains("[===============]"))
        #expect(line(300, of: 100, width: 81).contains("[===============]"))
    }

    @Test("whose end is not known has no bar, but figures")
    func unknown() {
        #expect(
            line(1500, of: nil, for: .download("file.tar"), width: 81)
                == "file.tar                                             1.5 kB     750 B/s         ")
    }

    @Test("gives way to the figures, and these to what it is", arguments: 0...200)
    func narrow(width: Int) {
        let line = line(45_000_000, of: 120_300_000, width: width)
        #expect(line.count <= max(0, width - 1))
        #expect(line.contains("[") == (width >= 74))
        #expect(line.contains("MB/s") == (width >= 62))
        if width > 18 { #expect(line.hasPrefix("blob 0123456789ab ")) }
    }

    @Test("says hours and minutes of what takes long")
    func times() {
        #expect(line(1, of: 60, after: 1, width: 100).hasSuffix("     59 s"))
        #expect(line(1, of: 62, after: 1, width: 100).hasSuffix("   1:01"))
        #expect(line(1, of: 3662, after: 1, width: 100).hasSuffix(" 1:01:01"))
        #expect(line(1, of: .max, after: 1, width: 100).hasSuffix("99:59:59"))
    }

    @Test("shows of a name what can't move the cursor")
    func names() {
        #expect(line(1, of: 2, for: .download("a\u{1B}[2Jb\n\u{7F}é"), width: 81).hasPrefix("ab???  "))
        let long = line(1, of: 2, for: .packing("a-very-long-name-of-a-layer"), width: 81)
        #expect(long.hasPrefix("packing a-very-...  "))
    }

    @Test("counts in thousands")
    func sizes() {
        let sizes: [(Int64, String)] = [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "999.9 kB"), (1_000_000, "1.0 MB"),
            (52_449_999, "52.4 MB"), (1_234_567_890_123, "1.2 TB"), (.max, "9223372.0 TB"),
        ]
        for (bytes, text) in sizes { #expect(growingSize(bytes) == text) }
    }
}

@Suite("The line of a layer")
struct LayerLineTests {
    private func line(_ name: String, _ seconds: Int64, _ words: String, width: Int) -> String {
        LayerLine(name: name, seconds: seconds, words: Array(words.utf8)).text(width: width)
    }

    @Test("says which, for how long, and its last words, and leaves the last column free")
    func full() {
        #expect(line("web", 5, "+ make", width: 80) == "web                     5 s  + make")
        #expect(line("web", 3723, "+ make", width: 80) == "web                 1:02:03  + make")
        let long = line("a-very-long-name-of-a-layer", 62, String(repeating: "w", count: 99), width: 60)
        #expect(long == "a-very-long-nam...     1:02  \(String(repeating: "w", count: 27))...")
        #expect(long.count == 59)
    }

    @Test("fits into any width, and shows nothing that moves the cursor", arguments: 0...100)
    func narrow(width: Int) {
        let line = line("a\u{1B}[2Jbé\r\n\u{9B}2J", 7, "\u{1B}[31mred\u{1B}[0m \u{1B}]0;t\u{7} \u{8}ü\t", width: width)
        #expect(line.count <= max(0, width - 1))
        #expect(line.unicodeScalars.allSatisfy { (" "..."~").contains($0) })
        if width >= 20 { #expect(line.hasPrefix("ab????2J") && line.contains("7 s")) }
        if width >= 60 { #expect(line.hasSuffix("  red ?]0;t? ???")) }
    }
}

@Suite("The lines of progress on a terminal")
struct ProgressScreenTests {
    @Test("replace each other, and leave nothing")
    func replace() {
        var screen = ProgressScreen()
        #expect(screen.replace(with: [], width: 80) == "")
        #expect(screen.replace(with: ["a", "b", "c"], width: 80) == "\ra\u{1B}[K\r\nb\u{1B}[K\r\nc\u{1B}[J\r")
        #expect(screen.replace(with: ["a", "b", "c"], width: 80) == "")
        #expect(screen.replace(with: ["d"], width: 80) == "\r\u{1B}[2Ad\u{1B}[J\r")
        #expect(screen.replace(with: [], width: 80) == "\r\u{1B}[J\r")
        #expect(screen.lines.isEmpty)
    }

    @Test("are found again where a narrower terminal goes on with them in the next line")
    func narrower() {
        var screen = ProgressScreen()
        let lines = [79, 20, 21, 79].map { String(repeating: "x", count: $0) }
        _ = screen.replace(with: lines, width: 80)
        #expect(screen.replace(with: [], width: 20) == "\r\u{1B}[7A\u{1B}[J\r")
    }
}

@Suite("What gets to know of progress")
struct ProgressSinkTests {
    private final class Recorder: ProgressSink {
        let events = Mutex<[String]>([])

        func began(_ task: ProgressTask) { events.withLock { $0.append("began \(task.subject)") } }
        func ended(_ task: ProgressTask) { events.withLock { $0.append("ended at \(task.done)") } }
    }

    private struct Trouble: Error {}

    @Test("hears of the end also where something failed")
    func ends() {
        let recorder = Recorder()
        #expect(throws: Trouble.self) {
            try recorder.following(.download("x"), total: 5) { task in
                task.advance(by: 3)
                throw Trouble()
            }
        }
        #expect(recorder.events.withLock { $0 } == ["began download(\"x\")", "ended at 3"])
    }

    @Test("in lines says each blob once, and nothing else")
    func lines() {
        let box = Box()
        let sink = ProgressLines { line in box.lines.withLock { $0.append(line) } }
        for subject in [ProgressTask.Subject.blob("sha256:1"), .download("x"), .packing("y")] {
            sink.following(subject) { _ in }
        }
        #expect(box.lines.withLock { $0 } == ["Copying blob sha256:1"])
    }

    private final class Box: Sendable {
        let lines = Mutex<[String]>([])
    }
}
