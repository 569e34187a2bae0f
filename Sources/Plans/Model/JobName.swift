/// How jobs are called.
enum JobName {
    /// The name of the last job.
    static let publication = "publish"

    /// `build-12-images-app`: the number makes it one of its kind, and the rest is for people.
    static func of(_ file: String, number: Int) -> String {
        var parts = file.split(separator: "/")
        if parts.count > 1, parts.last == "stacker.yaml" { parts.removeLast() }
        let plain = parts.joined(separator: "-").unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) ? Character(scalar) : "-"
        }
        let words = String(plain).lowercased().split(separator: "-").joined(separator: "-")
        // Of a long path the end tells more, from the beginning of a word on if there is one.
        var end = words.suffix(longestWords)
        if end.startIndex > words.startIndex, let mark = end.firstIndex(of: "-") { end = end[mark...].dropFirst() }
        return end.isEmpty ? "build-\(number)" : "build-\(number)-\(end)"
    }

    /// Kubernetes takes 63 characters, and numbers have their room.
    private static let longestWords = 32
}
