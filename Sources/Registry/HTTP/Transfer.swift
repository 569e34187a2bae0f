import CCurl
import Failure

/// One request and its response. The thread that asks does all of it: sending, waiting, receiving.
///
/// Nothing of a content is kept: it is read from the socket when somebody takes it.
final class Transfer {
    private let handle: CurlHandle
    private let settings: WebSettings
    private let upload: WebUpload?
    private let checkpoint: () throws -> Void

    private var head = ResponseHead()
    /// How the exchange ended, once it has.
    private var outcome: CURLcode?
    /// What went wrong in one of the library's calls.
    private var failure: (any Error)?
    private var take: ((UnsafeRawBufferPointer) throws -> Void)?
    private var isConnected = false
    private var sent: Int64 = 0
    private var received = 0
    /// How long the server has been waited for since it gave a sign of life.
    private var silence = Duration.zero

    /// How long a stop signal may go unnoticed.
    private static let pause: Int32 = 50

    /// Begins with a handle that is set up.
    init(
        _ handle: CurlHandle, _ upload: WebUpload?, _ settings: WebSettings, checkpoint: @escaping () throws -> Void
    ) throws {
        self.handle = handle
        self.settings = settings
        self.upload = upload
        self.checkpoint = checkpoint
        try handle.begin(Self.calls, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Nothing of it goes on after this.
    func end() { handle.end(isSound: outcome == nil || outcome == CURLE_OK) }

    /// Waits for all that comes before the content.
    func response(from address: WebAddress) throws -> WebResponse {
        while !head.isComplete {
            guard outcome == nil else { throw WebError.connection(WebError.cut) }
            _ = try step()
        }
        return try head.response(from: address)
    }

    /// Hands on every piece of the content, up to its end.
    func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var pace = Pace(settings)
        try withoutActuallyEscaping(take) { take in
            self.take = take
            defer { self.take = nil }
            handle.resume()
            while outcome == nil {
                let before = received
                let waited = try step()
                try pace.note(received - before, after: waited)
            }
        }
    }

    /// Does what there is to do, and waits a little if that is nothing.
    ///
    /// - Returns: how long was waited.
    private func step() throws -> Duration {
        try checkpoint()
        outcome = try handle.perform()
        if let failure { throw failure }
        if let outcome, outcome != CURLE_OK { throw WebError(outcome, handle, settings) }
        if outcome != nil || head.isComplete && take == nil { return .zero }
        let clock = ContinuousClock()
        let start = clock.now
        try handle.wait(milliseconds: Self.pause)
        let waited = clock.now - start
        // A connection has a time limit of its own.
        if isConnected { silence += waited }
        guard silence < settings.readTimeout else {
            throw WebError.connection("the server said nothing for \(settings.readTimeout)")
        }
        return waited
    }

    // MARK: - What the library calls

    private static let calls = ccurl_calls(
        header: { bytes, _, count, context in
            of(context).attempt { transfer in
                try transfer.head.add(UnsafeRawBufferPointer(start: bytes, count: count))
                if transfer.head.isComplete { transfer.silence = .zero }
            } ? count : 0
        },
        body: { bytes, _, count, context in
            // Nobody wants it yet: it stays where it is.
            guard let take = of(context).take else { return Int(CURL_WRITEFUNC_PAUSE) }
            return of(context).attempt { transfer in
                transfer.silence = .zero
                transfer.received += count
                try take(UnsafeRawBufferPointer(start: bytes, count: count))
            } ? count : 0
        },
        upload: { buffer, _, count, context in
            var filled = 0
            let isFine = of(context).attempt { transfer in
                transfer.silence = .zero
                filled = try transfer.send(UnsafeMutableRawBufferPointer(start: buffer, count: count))
            }
            return isFine ? filled : Int(CURL_READFUNC_ABORT)
        },
        seek: { context, offset, _ in
            of(context).sent = Int64(offset)
            return CURL_SEEKFUNC_OK
        },
        connected: { context, _, _, _, _ in
            of(context).isConnected = true
            of(context).silence = .zero
            return CURL_PREREQFUNC_OK
        })

    private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
        guard let context else { fatalError("libcurl has lost what it was given") }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// Keeps what is thrown for the one who waits: nothing may be thrown through the library.
    private func attempt(_ body: (Transfer) throws -> Void) -> Bool {
        do {
            try body(self)
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func send(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let upload else { return 0 }
        let count = try upload.read(into: buffer, at: sent)
        sent += Int64(count)
        return count
    }
}
