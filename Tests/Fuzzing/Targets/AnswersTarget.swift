import Failure

@testable import Web

extension FuzzTarget {
    /// The head of an answer as libcurl hands it over, line by line; what its fields say of ways in, of times, and of
    /// where to look instead.
    static let answers = FuzzTarget(
        "http",
        texts: [
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n"
                + #"WWW-Authenticate: Bearer realm="https://a.b/t?x=y",service="a \"b\",c", scope=x , Basic realm=r"#
                + "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
            "HTTP/2 307 \r\nlocation: //user:pass@[::1]:81/a/../b/./c?d=e#f\r\nretry-after: 120\r\n"
                + "link: </v2/_catalog?last=a&n=2>; rel=\"next\"\r\nretry-after: Sunday, 06-Nov-94 08:49:37 GMT\r\n\r\n",
            "HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\nDate: Sun Nov  6 08:49:37 1994\r\nLocation: ../x%2f%0\r\n\r\n",
        ]
    ) { bytes in
        let base = try WebAddress("https://registry.example:5000/v2/a/b?c=d")
        var head = ResponseHead()
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            try Array(rest[..<end]).withUnsafeBytes { line in
                do { try head.add(line) } catch let error as WebError { throw Failure("\(error)") }
            }
            rest = rest[end...]
        }
        let response = head.response(from: base)
        _ = Challenge.all(in: response.fields.values("www-authenticate"))
        for name in ["date", "retry-after"] { for text in response.fields.values(name) { _ = HTTPDate(text) } }
        for name in ["location", "link"] {
            for text in response.fields.values(name) {
                guard let address = try? base.resolving(text) else { continue }
                let again = try mustSucceed("the address that \(text.debugDescription) leads to") {
                    try WebAddress(address.description)
                }
                try mustHold(again.description == address.description, "\(address) is written as \(again)")
                _ = WebAddress.withoutCredentials(text)
            }
        }
    }
}
