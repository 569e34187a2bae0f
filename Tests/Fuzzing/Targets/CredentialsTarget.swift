@testable import Registry

extension FuzzTarget {
    /// A file of credentials; what is not understood must not be shown.
    static let credentials = FuzzTarget(
        "credentials",
        texts: [
            #"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6czNjcjN0"},"a.b:5000/c/":{"username":"u","password":"p"},"#
                + #""[::1]:81":{"identitytoken":"t"},"x":{}},"credHelpers":{"a.b/c":"h"},"credsStore":"s"}"#,
            #"{"auths":{"a.b":{"auth":"AG1lOgAAcAAA"}},"credsStore":""}"#,
        ]
    ) { bytes in
        let file = try CredentialFile(bytes, at: "/auth.json")
        for place in ["a.b:5000/c/d", "docker.io/library/x", "[::1]:81/x", "x/y"] {
            _ = try file.login(for: place) { _, server in server == "a.b/c" ? .identityToken("t") : nil }
        }
    }
}
