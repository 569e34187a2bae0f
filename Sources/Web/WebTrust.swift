import CCurl
import Failure
import FileTree
import Glibc
import SystemPackage

/// Which certificate authorities servers may be vouched for by: those of the system, or those that `SSL_CERT_FILE` or
/// `CURL_CA_BUNDLE` (a file of certificates) and `SSL_CERT_DIR` (directories of them, with ":" between) name instead.
package struct WebTrust: Sendable, CustomStringConvertible {
    private let file: (variable: String, path: String)?
    private let directories: String?

    /// What libcurl is told: a file, and directories as OpenSSL reads them, by the hashes of names.
    struct Places {
        var file: String?
        var directories: String?
    }

    /// Where systems keep theirs: Debian and Alpine, Fedora, openSUSE, Alpine again.
    private static let usual = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// Reads the variables; nothing is opened yet.
    init(_ variable: (String) -> String?) {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        file = ["SSL_CERT_FILE", "CURL_CA_BUNDLE"].compactMap { name in value(name).map { (name, $0) } }.first
        directories = value("SSL_CERT_DIR")
    }

    /// The places that are not those that libcurl looks into by itself; `nil` if they are.
    ///
    /// - Throws: `Failure` that names the variable and the file if nothing can be read there.
    func places() throws -> Places? {
        if file == nil, directories == nil { return Self.system() }
        if let file {
            // What libcurl says of a file that is not there is no sentence.
            try attempt("couldn't read the certificates of \(file.variable), \(file.path)") {
                let kind = try OpenFile(FilePath(file.path), O_RDONLY | O_NONBLOCK).status().kind
                guard kind == .regular else { throw Failure("it is no file") }
            }
        }
        if file == nil, let directories, !directories.split(separator: ":").contains(where: Self.hasCertificates) {
            throw Failure(
                "SSL_CERT_DIR has no certificates under the hashes of their names: \(directories)",
                help: "openssl rehash DIRECTORY gives them those")
        }
        return Places(file: file?.path, directories: directories)
    }

    /// What the variables name, for messages.
    package var description: String {
        [file.map { "\($0.variable), \($0.path)" }, directories.map { "SSL_CERT_DIR, \($0)" }].compactMap(\.self)
            .joined(separator: ", and ")
    }

    /// Whether there is any name like 1a2b3c4d.0.
    private static func hasCertificates(_ path: Substring) -> Bool {
        let names = (try? Directory(at: FilePath(String(path))).names()) ?? []
        return names.contains { name in
            let parts = name.string.split(separator: ".")
            return parts.count == 2 && parts[0].utf8.count == 8 && UInt32(parts[0], radix: 16) != nil
                && UInt32(parts[1]) != nil
        }
    }

    /// A library that was built on one system and runs on another looks where there is nothing.
    private static func system() -> Places? {
        let own = [ccurl_authorities_file(), ccurl_authorities_directory()].compactMap(\.self)
        if own.contains(where: { access($0, R_OK) == 0 }) { return nil }
        return usual.first { access($0, R_OK) == 0 }.map { Places(file: $0) }
    }
}
