import CCurl
import Failure

extension CurlHandle {
    /// Bytes that are taken from a connection at once.
    private static let piece = 256 << 10
    /// Bytes that are put into one at once: each piece that goes is a sign of life, also on a slow line.
    private static let sentPiece = 64 << 10
    /// CURLOPT_QUICK_EXIT of libcurl 7.87: whoever stops does not wait for a name server.
    private static let quickExit = CURLoption(rawValue: 322)

    /// Makes the next request this one. Redirects are not followed, and the environment is not asked: `settings` is what
    /// it said.
    func prepare(_ request: WebRequest, through proxy: WebProxy?, _ settings: WebSettings) throws {
        reset()
        let address = request.address
        // Put together from its parts: nobody reads the URL in another way than we have.
        try set(CURLOPT_URL, address.requestText)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_NOSIGNAL, 1)
        prefer(Self.quickExit, 1)
        prefer(CURLOPT_BUFFERSIZE, Self.piece)
        prefer(CURLOPT_UPLOAD_BUFFERSIZE, Self.sentPiece)
        try set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds)
        try setMethod(request)
        try setHeaders(request)
        if request.authorization == nil, request.mayLogIn, let netrc = settings.netrcThatIsThere {
            try set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
            try set(CURLOPT_NETRC_FILE, netrc)
        }
        try set(proxy)
        if address.isSecure || proxy?.kind == .https { try setTrust(settings.trust, verifies: request.verifiesServer) }
    }

    private func setMethod(_ request: WebRequest) throws {
        switch request.method {
        case .GET: try set(CURLOPT_HTTPGET, 1)
        case .HEAD: try set(CURLOPT_NOBODY, 1)
        case .DELETE: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .POST, .PUT, .PATCH:
            try set(CURLOPT_UPLOAD, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            try set(CURLOPT_INFILESIZE_LARGE, offset: request.body?.length ?? 0)
            // It would wait a second for a server that does not know the question.
            try add(header: "Expect:")
        }
    }

    private func setHeaders(_ request: WebRequest) throws {
        try set(CURLOPT_USERAGENT, "stacker")
        for (name, value) in request.headers { try add(header: "\(name): \(value)") }
        if let authorization = request.authorization {
            try add(header: "Authorization: \(authorization.headerValue)")
        }
    }

    private func set(_ proxy: WebProxy?) throws {
        // Empty, and not nothing: otherwise the library looks into the environment.
        try set(CURLOPT_PROXY, proxy?.url ?? "")
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let credentials = proxy?.credentials {
            try set(CURLOPT_PROXYUSERNAME, credentials.user)
            try set(CURLOPT_PROXYPASSWORD, credentials.password)
        }
        if proxy?.kind == .https, ccurl_speaks_to_https_proxies() == 0 {
            throw Failure("this machine's libcurl can't speak TLS to a proxy", help: "name the proxy by http://")
        }
    }

    private func setTrust(_ trust: WebTrust, verifies: Bool) throws {
        if !verifies {
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        guard let places = try trust.places() else { return }
        // Nothing where nothing is named: the library's own places would count beside them.
        for option in [CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO] { try set(option, places.file) }
        for option in [CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH] {
            do {
                try set(option, places.directories)
            } catch  where places.directories == nil {
                // A TLS library that knows no directories has none to forget.
            }
        }
    }
}

extension Duration {
    /// Whole milliseconds, at least one.
    fileprivate var milliseconds: Int { max(1, Int(self / .milliseconds(1))) }
}
