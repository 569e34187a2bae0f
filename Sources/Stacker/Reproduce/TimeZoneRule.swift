import Failure
import FileTree
import Glibc
import SystemPackage

/// A time zone as every C library understands it, whatever an image has: `JST-9`.
enum TimeZoneRule {
    /// Where this machine has the zones that are named by places.
    private static let zones: FilePath = "/usr/share/zoneinfo"
    private static let longest = 1 << 20

    /// What `TZ` has to be for a zone.
    ///
    /// - Parameter name: a rule, or a place, `Asia/Tokyo`, whose rule this machine knows. An image may know no place at all:
    ///   its programs would go by UTC, and say nothing.
    static func of(_ name: String) throws -> String {
        if isRule(name) { return name }
        return try attempt(
            "couldn't find out what the time zone \(quoted(name)) is",
            help: "name a place of \(zones), as Asia/Tokyo, or give its rule: JST-9"
        ) {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.allSatisfy({ $0.first?.isLetter ?? false }) else {
                throw Failure("it is neither a place nor a rule")
            }
            let file = try OpenFile(zones.appending(name), O_RDONLY | O_NONBLOCK)
            guard let rule = try rule(inFile: file.readToEnd(limit: longest)) else {
                throw Failure("its file has no rule for today")
            }
            return rule
        }
    }

    /// The line at the end of a zone's file (RFC 9636), which says what holds from its last change on.
    static func rule(inFile bytes: [UInt8]) -> String? {
        let newline = UInt8(ascii: "\n")
        guard bytes.starts(with: "TZif".utf8), bytes.last == newline,
            let start = bytes.dropLast().lastIndex(of: newline),
            let text = String(validating: bytes[(start + 1)...].dropLast(), as: UTF8.self), isRule(text)
        else { return nil }
        return text
    }

    /// Whether it is an abbreviation, three letters or more or anything between `<` and `>`, and how far it is from UTC. Of
    /// what says when summer is, no more is asked than that it can stand there.
    static func isRule(_ text: String) -> Bool {
        text.wholeMatch(
            of: /(<[A-Za-z0-9+\-]{3,}>|[A-Za-z]{3,})[+\-]?[0-9]{1,3}(:[0-9]{2}){0,2}([A-Za-z<][A-Za-z0-9<>+\-:,.\/]*)?/
        ) != nil
    }
}
