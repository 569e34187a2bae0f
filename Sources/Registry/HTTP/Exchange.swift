import AsyncHTTPClient
import Dispatch
import NIOCore
import NIOHTTP1
import Synchronization

/// One request and its response, between NIO's thread, which receives, and the thread that waits for it.
///
/// Little of a response is ever in memory: when ``window`` bytes wait to be taken, nothing more is read from the socket.
final class Exchange: HTTPClientResponseDelegate {
    typealias Response = Void

    /// What happens, in this order.
    enum Event: Sendable {
        case head(HTTPResponseHead)
        case body(ByteBuffer)
        case end
        case failure(any Error)
    }

    private struct State {
        var events: [Event] = []
        var waitingBytes = 0
        /// Held back from the socket until the waiting bytes are taken.
        var resume: EventLoopPromise<Void>?
        var isAbandoned = false
    }

    private static let window = 1 << 20
    /// How long a stop signal may go unnoticed.
    private static let pause = DispatchTimeInterval.milliseconds(50)

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    /// Waits for the next event.
    ///
    /// - Parameter checkpoint: called again and again while nothing happens; what it throws ends the waiting.
    func next(_ checkpoint: () throws -> Void) throws -> Event {
        while arrivals.wait(timeout: .now() + Self.pause) == .timedOut { try checkpoint() }
        let (event, resume) = state.withLock { state in
            let event = state.events.removeFirst()
            if case .body(let bytes) = event { state.waitingBytes -= bytes.readableBytes }
            var resume: EventLoopPromise<Void>?
            if state.waitingBytes <= Self.window / 2 { swap(&resume, &state.resume) }
            return (event, resume)
        }
        resume?.succeed()
        return event
    }

    /// Nobody will ask for further events: whatever comes is dropped.
    func abandon() {
        let resume = state.withLock { state in
            state.isAbandoned = true
            state.events = []
            return state.resume.take()
        }
        resume?.succeed()
    }

    /// The outcome of the whole exchange.
    func finish(_ result: Result<Void, any Error>) {
        switch result {
        case .success: add(.end)
        case .failure(let error): add(.failure(error))
        }
    }

    private func add(_ event: Event) {
        let isWanted = state.withLock { state in
            if !state.isAbandoned { state.events.append(event) }
            return !state.isAbandoned
        }
        if isWanted { arrivals.signal() }
    }

    // MARK: - On NIO's thread

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        add(.head(head))
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        let resume = state.withLock { state -> EventLoopPromise<Void>? in
            if state.isAbandoned { return nil }
            state.waitingBytes += bytes.readableBytes
            if state.waitingBytes > Self.window { state.resume = task.eventLoop.makePromise() }
            return state.resume
        }
        add(.body(bytes))
        return resume?.futureResult ?? task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}
