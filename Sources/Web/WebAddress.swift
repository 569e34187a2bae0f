import Failure

/// An http or https URL, in the parts that a request needs.
///
/// In text it never shows the credentials that it may hold: a `WebAddress` can stand in any message.
///
/// [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986)
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// Whether it is https.
    package let isSecure: Bool
    /// The host in lower case; an IPv6 address without brackets.
    package let host: String
    /// The port, 443 or 80 where the URL has none.
    package let port: Int
    /// Whether the URL has a port.
    package let hasPort: Bool
    /// Path and query as they go on the wire: percent-encoded, with a "/" in front, without the fragment.
    package let target: String
    /// What stands before the "@" of the URL.
    package let credentials: WebCredentials?
    /// The URL as it was written, but for credentials.
    package let description: String

    /// Reads a URL.
    ///
    /// - Throws: `Failure` that shows the text without credentials.
    package init(_ text: String) throws {
        description = Self.withoutCredentials(text)
        // What has control characters would garble each message that it stands in.
        let isPlain = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isPlain, let parts = URLParts(text), let authority = Authority(parts.authority) else {
            throw Failure(
                "\(shown(description)) is not a URL of http or https",
                help: "write https://host/path; in a user name or password, write @ as %40, / as %2F and : as %3A")
        }
        isSecure = parts.scheme == "https"
        host = authority.host
        port = authority.port ?? (isSecure ? 443 : 80)
        hasPort = authority.port != nil
        credentials = authority.credentials
        target = percentEncoded((parts.path.hasPrefix("/") ? "" : "/") + parts.path)
    }

    /// An address of its parts.
    ///
    /// - Parameter target: path and query, encoded already.
    package init(isSecure: Bool, host: String, port: Int, target: String = "/") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
        credentials = nil
        let usual = isSecure ? 443 : 80
        hasPort = port != usual
        let name = host.contains(":") ? "[\(host)]" : host
        description = "\(isSecure ? "https" : "http")://\(name)\(port == usual ? "" : ":\(port)")\(target)"
    }

    /// The address with more in its query. What is added is in no text.
    package func adding(query: String) -> WebAddress {
        WebAddress(self, target: target + (target.contains("?") ? "&" : "?") + query)
    }

    private init(_ other: WebAddress, target: String) {
        isSecure = other.isSecure
        host = other.host
        port = other.port
        hasPort = other.hasPort
        credentials = other.credentials
        description = other.description
        self.target = target
    }

    /// What a redirect's `Location` means, coming from here.
    ///
    /// - Throws: `Failure` if it is no http or https URL.
    package func resolving(_ reference: String) throws -> WebAddress {
        if reference.hasPrefix("//") { return try WebAddress("\(scheme):\(reference)") }
        let beforePath = reference.prefix { !"/?#".contains($0) }
        if beforePath.contains(":") { return try WebAddress(reference) }
        // The password of this URL stays behind; whether it still applies is for the sender of requests to say.
        let path = String(target.prefix { $0 != "?" })
        if reference.hasPrefix("/") { return try WebAddress(origin + reference) }
        if reference.hasPrefix("?") { return try WebAddress(origin + path + reference) }
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return try WebAddress(origin + withoutDotSegments(directory + reference))
    }

    /// `https` or `http`.
    var scheme: String { isSecure ? "https" : "http" }

    /// Scheme, host and port: two addresses with the same origin are of the same server.
    package var origin: String { "\(scheme)://\(bracketedHost):\(port)" }

    /// The URL that is requested: without credentials, encoded.
    var requestText: String { "\(scheme)://\(authority)\(target)" }

    /// The host, and the port if it is not the usual one: the header `Host`.
    var authority: String { port == (isSecure ? 443 : 80) ? bracketedHost : "\(bracketedHost):\(port)" }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// A URL, or what was meant as one, as it may be shown: without user name and password.
    package static func withoutCredentials(_ text: String) -> String {
        guard let start = text.firstRange(of: "://")?.upperBound else { return text }
        let rest = text[start...]
        let authority = rest.prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") { return String(text[..<start] + rest[rest.index(after: at)...]) }
        // A "/" in a password that nobody encoded ends what can be told apart.
        if Authority(String(authority)) == nil, let at = rest.lastIndex(of: "@") {
            return String(text[..<start] + rest[rest.index(after: at)...])
        }
        return text
    }
}

/// A user name and a password. In text it shows neither.
package struct WebCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Who.
    package var user: String
    /// Must never be shown.
    package var password: String

    /// Nothing of either.
    package var description: String { "credentials" }

    /// Nothing of either, for debuggers and `dump`.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Ties the two together.
    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }
}

/// A URL cut at its marks.
private struct URLParts {
    var scheme: String
    var authority: String
    /// With the query.
    var path: String

    init?(_ text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[mark.upperBound...].prefix { $0 != "#" }
        authority = String(rest.prefix { !"/?".contains($0) })
        path = String(rest.dropFirst(authority.count))
    }
}

/// `user:password@host:port`
private struct Authority {
    var host: String
    var port: Int?
    var credentials: WebCredentials?

    init?(_ text: String) {
        var rest = text[...]
        if let at = rest.lastIndex(of: "@") {
            let pair = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            rest = rest[rest.index(after: at)...]
            let password = pair.count > 1 ? percentDecoded(pair[1]) : ""
            guard let user = percentDecoded(pair[0]), let password else { return nil }
            if !user.isEmpty || !password.isEmpty { credentials = WebCredentials(user: user, password: password) }
        }
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end].lowercased()
            rest = rest[rest.index(after: end)...]
            guard !host.isEmpty, host.utf8.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == 0x2e })
            else { return nil }
        } else {
            host = rest.prefix { $0 != ":" }.lowercased()
            rest = rest.dropFirst(host.count)
            // Names beyond ASCII have an encoding of their own, which is not percent-encoding.
            guard !host.isEmpty, host.utf8.allSatisfy({ isUnreserved($0) }) else { return nil }
        }
        if rest.hasPrefix(":"), rest.count > 1 {
            guard let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
            port = Int(number)
        } else if !rest.isEmpty, rest != ":" {
            return nil
        }
    }
}

/// `.` and `..` taken out of a path that may have a query behind it; none leads above the root.
private func withoutDotSegments(_ text: some StringProtocol) -> String {
    let path = text.prefix { $0 != "?" }
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (number, segment) in segments.enumerated() {
        let isLast = number == segments.count - 1
        switch segment {
        case ".": if isLast { kept.append("") }
        case "..":
            _ = kept.popLast()
            if isLast { kept.append("") }
        default: kept.append(Substring(segment))
        }
    }
    return "/" + kept.joined(separator: "/") + text.dropFirst(path.count)
}
