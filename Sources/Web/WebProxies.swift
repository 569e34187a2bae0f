import Failure
import Glibc

/// Which proxy a request goes through, as the environment says.
///
/// `http_proxy` and `https_proxy` are by the scheme of the request; `no_proxy` lists hosts that are reached directly.
/// Each is read in upper case first, as Go programs do. Requests to this machine never go through a proxy.
package struct WebProxies: Sendable, Hashable {
    private let plain: String?
    private let secure: String?
    private let exceptions: [Exception]

    /// Reads the variables.
    ///
    /// - Parameter variable: gives the value of a variable; unset and empty are the same.
    package init(_ variable: (String) -> String?) {
        func value(_ name: String) -> String? {
            [name.uppercased(), name].lazy.compactMap(variable).first { !$0.isEmpty }
        }
        // In a CGI program the variable HTTP_PROXY is the header "Proxy" of whoever calls.
        plain = variable("REQUEST_METHOD") == nil ? value("http_proxy") : nil
        secure = value("https_proxy")
        exceptions = (value("no_proxy") ?? "").split { $0 == "," || $0 == " " }.compactMap {
            Exception($0.lowercased())
        }
    }

    /// The proxy for a request; `nil` if it goes directly.
    ///
    /// - Throws: `Failure` for a proxy that is not understood.
    func proxy(for address: WebAddress) throws -> WebProxy? {
        guard let text = address.isSecure ? secure : plain, !address.isLocal,
            !exceptions.contains(where: { $0.matches(address) })
        else { return nil }
        return try WebProxy(text, from: address.isSecure ? "https_proxy" : "http_proxy")
    }
}

extension WebAddress {
    /// Whether the server is on this machine: no request to it leaves it.
    var isLocal: Bool {
        if host == "localhost" { return true }
        guard let bytes = addressBytes(host) else { return false }
        return bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }
}

/// One proxy.
struct WebProxy: Sendable, Hashable {
    enum Kind: String, Sendable { case http, https, socks }
    var kind: Kind
    var host: String
    var port: Int
    var credentials: WebCredentials?

    /// Without credentials. A proxy of SOCKS is told names, and looks for their addresses itself.
    var url: String {
        "\(kind == .socks ? "socks5h" : kind.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Reads `http://user:password@host:port`, `https://host:port`, `socks5://host:port` or `host:port`.
    init(_ text: String, from variable: String) throws {
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
        let rest = text.firstRange(of: "://").map { String(text[$0.upperBound...]) } ?? text
        switch scheme {
        case nil, "http": kind = .http
        case "https": kind = .https
        case "socks5", "socks5h": kind = .socks
        default:
            throw Failure(
                "\(variable) names a proxy of a kind that stacker can't use: \(WebAddress.withoutCredentials(text))",
                help: "it can use http://host:port, https://host:port and socks5://host:port")
        }
        let address = try attempt("couldn't understand the proxy of \(variable)") {
            try WebAddress("\(scheme == "https" ? "https" : "http")://\(rest)")
        }
        let hasPort = rest.prefix { $0 != "/" }.last { $0 == ":" || $0 == "]" || $0 == "@" } == ":"
        host = address.host
        port = kind == .socks && !hasPort ? 1080 : address.port
        credentials = address.credentials
    }
}

/// An entry of `no_proxy`: `*`, `example.com` (and all below), `.example.com` (only those below), an IP address, a
/// network in CIDR notation; each but the last with `:port` behind it if only that one is meant.
private enum Exception: Sendable, Hashable {
    case all
    case domain(String, includingItself: Bool, port: Int?)
    case network([UInt8], bits: Int, port: Int?)

    init?(_ text: String) {
        if text == "*" {
            self = .all
            return
        }
        let parts = text.split(separator: "/")
        if parts.count == 2, let bytes = addressBytes(String(parts[0])), let bits = Int(parts[1]),
            (0...bytes.count * 8).contains(bits)
        {
            self = .network(bytes, bits: bits, port: nil)
            return
        }
        if let bytes = addressBytes(text) {
            self = .network(bytes, bits: bytes.count * 8, port: nil)
            return
        }
        var name = text[...]
        var port: Int?
        if let colon = name.lastIndex(of: ":"), let number = Int(name[name.index(after: colon)...]) {
            port = number
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        if let bytes = addressBytes(String(name)) {
            self = .network(bytes, bits: bytes.count * 8, port: port)
            return
        }
        if name.hasPrefix("*.") { name = name.dropFirst() }
        let includingItself = !name.hasPrefix(".")
        if !includingItself { name = name.dropFirst() }
        if name.isEmpty { return nil }
        self = .domain(String(name), includingItself: includingItself, port: port)
    }

    func matches(_ address: WebAddress) -> Bool {
        switch self {
        case .all: return true
        case .domain(let name, let includingItself, let port):
            return (port == nil || port == address.port)
                && (address.host.hasSuffix("." + name) || includingItself && address.host == name)
        case .network(let network, let bits, let port):
            guard port == nil || port == address.port, let bytes = addressBytes(address.host),
                bytes.count == network.count
            else { return false }
            return (0..<bits).allSatisfy { bit in (bytes[bit / 8] ^ network[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0 }
        }
    }
}

/// The 4 or 16 bytes of an IP address; `nil` for any other text.
private func addressBytes(_ text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
        var bytes = [UInt8](repeating: 0, count: count)
        if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
}
