import Glibc

/// How a ``WebClient`` behaves.
package struct WebSettings: Sendable {
    /// How long a connection may take to stand, name look-up and TLS included.
    package var connectTimeout: Duration = .seconds(15)
    /// How long a server may say nothing in the middle of an exchange.
    package var readTimeout: Duration = .seconds(60)
    /// Bytes a second that a server must send on average, over ``rateWindow``.
    package var leastRate: Int64 = 1024
    /// How long less than that is put up with.
    package var rateWindow: Duration = .seconds(60)
    /// How often a request is tried in all.
    package var attempts = 4
    /// The wait before the second attempt; it doubles from one to the next.
    package var retryDelay: Duration = .milliseconds(250)
    /// How long a server may ask for with `Retry-After`; one that wants more time is given up.
    package var patience: Duration = .seconds(60)
    /// How many redirects are followed.
    package var redirectLimit = 10
    /// Which requests go through a proxy.
    package var proxies: WebProxies
    /// Which certificate authorities are trusted.
    package var trust: WebTrust
    /// The file in which the user keeps passwords of servers; it need not be there.
    package var netrc: String?

    /// The standard behaviour with the proxies and certificate authorities that an environment names.
    ///
    /// - Parameter variable: gives the value of an environment variable; by default the process's own.
    package init(environment variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }) {
        proxies = WebProxies(variable)
        trust = WebTrust(variable)
        netrc = variable("HOME").map { "\($0)/.netrc" }
    }

    /// The file of passwords, if it is one: libcurl would wait for whoever writes into a pipe.
    var netrcThatIsThere: String? {
        var status = stat()
        return netrc.flatMap { stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? $0 : nil }
    }
}
