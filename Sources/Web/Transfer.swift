import CCurl
import Failure

/// One request and its response. The thread that asks does all of it: sending, waiting, receiving.
///
/// Nothing of a content is kept: it is read from the socket when somebody takes it.
final class Transfer {
    private let handle: CurlHandle
    private let settings: WebSettings
    private let request: WebRequest
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
    /// When something last came or went; what was done with it since is not the server's time.
    private var lastSign = ContinuousClock.now
    /// How long it took to do something with what came.
    private var ownTime = Duration.zero
    /// How often in a row there was nothing to do, and nothing to wait for either.
    private var idleTurns = 0

    /// How long a stop signal may go unnoticed.
    private static let pause: Int32 = 50

    /// Begins with a handle that is set up for the request.
    init(
        _ handle: CurlHandle, _ request: WebRequest, _ settings: WebSettings, checkpoint: @escaping () throws -> Void
    ) throws {
        self.handle = handle
        self.settings = settings
        self.request = request
        self.checkpoint = checkpoint
        try handle.begin(Self.calls, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Nothing of it goes on after this.
    func end() { handle.end(isSound: outcome == nil || outcome == CURLE_OK) }

    /// Waits for all that comes before the content.
    func response() throws -> WebResponse {
        while !head.isComplete {
            guard outcome == nil else { throw WebError.connection(WebError.cut) }
            try step()
        }
        return head.response(from: request.address)
    }

    /// Hands on every piece of the content, up to its end.
    func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let tellsEnd = request.method == .HEAD || head.tellsEnd || !request.address.isSecure || request.mayLeaveTLS
        guard tellsEnd else {
            // The end of a connection can be anybody's doing, and libcurl does not tell an orderly one.
            throw WebError.answer(WebError.endless)
        }
        lastSign = .now
        var pace = Pace(settings)
        try withoutActuallyEscaping(take) { take in
            self.take = take
            defer { self.take = nil }
            handle.resume()
            while outcome == nil {
                let (start, before, own) = (ContinuousClock.now, received, ownTime)
                try step()
                // While something is still sent the server need not say anything.
                guard sent >= request.body?.length ?? 0 else { continue }
                try pace.note(received - before, after: .now - start - (ownTime - own))
            }
        }
    }

    /// Does what there is to do, and waits a little if that is nothing.
    private func step() throws {
        try checkpoint()
        let sign = lastSign
        if failure == nil { outcome = try handle.perform() }
        if let failure { throw failure }
        if let outcome, outcome != CURLE_OK { throw WebError(outcome, handle, settings) }
        if outcome != nil || head.isComplete && take == nil { return }
        try handle.wait(milliseconds: Self.pause)
        idleTurns = lastSign == sign ? idleTurns + 1 : 0
        // libcurl 7 does not wait for a server that takes no more of an upload by HTTP/2.
        if idleTurns > 100 { handle.rest() }
        // A connection has a time limit of its own.
        guard !isConnected || .now - lastSign < settings.readTimeout else {
            throw WebError.connection("the server said nothing for \(settings.readTimeout)")
        }
    }

    // MARK: - What the library calls

    private static let calls = ccurl_calls(
        header: { bytes, _, count, context in
            attempt(context) { transfer in
                let wasComplete = transfer.head.isComplete
                try transfer.head.add(UnsafeRawBufferPointer(start: bytes, count: count))
                if transfer.head.isComplete, !wasComplete { transfer.lastSign = .now }
            } ? count : 0
        },
        body: { bytes, _, count, context in
            var isWanted = true
            let isFine = attempt(context) { transfer in
                guard let take = transfer.take else { return isWanted = false }
                let start = ContinuousClock.now
                transfer.received += count
                try take(UnsafeRawBufferPointer(start: bytes, count: count))
                transfer.lastSign = .now
                transfer.ownTime += transfer.lastSign - start
            }
            // What nobody wants yet stays where it is.
            return !isFine ? 0 : isWanted ? count : Int(CURL_WRITEFUNC_PAUSE)
        },
        upload: { buffer, _, count, context in
            var filled = 0
            let isFine = attempt(context) { transfer in
                filled = try transfer.send(UnsafeMutableRawBufferPointer(start: buffer, count: count))
                transfer.lastSign = .now
            }
            return isFine ? filled : Int(CURL_READFUNC_ABORT)
        },
        seek: { context, offset, _ in
            attempt(context) { $0.sent = Int64(offset) } ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
        },
        connected: { context, _, _, _, _ in
            let isFine = attempt(context) { transfer in
                transfer.isConnected = true
                transfer.lastSign = .now
            }
            return isFine ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        })

    /// Does something with the transfer that the library was given. What is thrown is kept for the one who waits: nothing may
    /// be thrown through the library. After that nothing more is done, whatever still comes.
    private static func attempt(_ context: UnsafeMutableRawPointer?, _ body: (Transfer) throws -> Void) -> Bool {
        guard let transfer = context.map({ Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }),
            transfer.failure == nil
        else { return false }
        do {
            try body(transfer)
            return true
        } catch {
            transfer.failure = error
            return false
        }
    }

    private func send(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let upload = request.body else { return 0 }
        let count = try upload.read(into: buffer, at: sent)
        sent += Int64(count)
        return count
    }
}
