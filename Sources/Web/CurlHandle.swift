import CCurl
import Failure
import Glibc

/// What libcurl makes requests with: one at a time, each on a connection that one before it left, if there is one.
final class CurlHandle: @unchecked Sendable {
    // It goes from one thread to the next and is never with two: `WebConnections` sees to that.
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// Whether it can make another request: after one that failed early, libcurl 7 refuses some settings.
    private(set) var isUsable = true

    /// - Throws: `Failure` if there is no libcurl on this machine.
    init() throws {
        if let reason = ccurl_unavailable() {
            throw Failure(
                "can't reach anything over a network: \(String(cString: reason))",
                help: "install libcurl 7.80 or newer: Debian has it as libcurl4, Fedora and Alpine as libcurl")
        }
        guard let easy = ccurl_easy_init() else { throw WebError.connection("libcurl has no memory") }
        guard let multi = ccurl_multi_init() else {
            ccurl_easy_cleanup(easy)
            throw WebError.connection("libcurl has no memory")
        }
        self.easy = easy
        self.multi = multi
    }

    deinit {
        ccurl_easy_cleanup(easy)
        _ = ccurl_multi_cleanup(multi)
        ccurl_slist_free_all(headers)
        reason.deallocate()
    }

    // MARK: - The next request

    /// Forgets the last request; its connection stays.
    func reset() {
        ccurl_easy_reset(easy)
        ccurl_slist_free_all(headers)
        headers = nil
        reason.pointee = 0
        _ = ccurl_set_buffer(easy, CURLOPT_ERRORBUFFER, reason)
    }

    func set(_ option: CURLoption, _ value: Int) throws {
        try check(ccurl_set_number(easy, option, value))
    }

    func set(_ option: CURLoption, offset: Int64) throws {
        try check(ccurl_set_offset(easy, option, curl_off_t(offset)))
    }

    func set(_ option: CURLoption, _ value: String?) throws {
        try check(ccurl_set_text(easy, option, value))
    }

    /// Sets what is only of use, and which an older library, or one with another TLS, doesn't know.
    func prefer(_ option: CURLoption, _ value: Int) { _ = ccurl_set_number(easy, option, value) }

    /// Adds a header, as `Name: value`; in place of the library's own of that name. `Name:` leaves that one out.
    func add(header: String) throws {
        guard let longer = ccurl_slist_append(headers, header) else {
            throw WebError.connection("libcurl has no memory")
        }
        headers = longer
        try check(ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else {
            throw Failure("libcurl refuses a setting: \(String(cString: ccurl_easy_strerror(code)))")
        }
    }

    // MARK: - The request under way

    /// Begins the request. Until ``end()`` the handle is in use, and `context` with what it leads to must stay.
    func begin(_ calls: ccurl_calls, _ context: UnsafeMutableRawPointer) throws {
        try check(withUnsafePointer(to: calls) { ccurl_set_calls(easy, $0, context) })
        try check(ccurl_multi_add_handle(multi, easy))
    }

    /// Does what can be done without waiting.
    ///
    /// - Returns: how the request ended, once it has.
    func perform() throws -> CURLcode? {
        try check(ccurl_multi_perform(multi))
        var result = CURLE_OK
        return ccurl_is_over(multi, &result) != 0 ? result : nil
    }

    /// Waits until there is something to do.
    func wait(milliseconds: Int32) throws {
        try check(ccurl_multi_poll(multi, milliseconds))
    }

    /// Waits a moment where ``wait(milliseconds:)`` does not.
    func rest() { usleep(1000) }

    /// Lets the content come on that was held back.
    func resume() {
        // What comes at once goes to the calls: what they throw is kept for the one who waits.
        _ = ccurl_easy_pause(easy, CURLPAUSE_CONT)
    }

    /// Ends the request. A connection on which something is still to come is closed.
    ///
    /// - Parameter isSound: false if the library has given the request up.
    func end(isSound: Bool) {
        _ = ccurl_multi_remove_handle(multi, easy)
        isUsable = isSound
    }

    private func check(_ code: CURLMcode) throws {
        guard code == CURLM_OK else { throw WebError.connection(String(cString: ccurl_multi_strerror(code))) }
    }

    // MARK: - What it knows of it

    /// What the library says of a failure; it may be nothing.
    var complaint: String { String(cString: reason) }

    /// A number that it knows of the request, 0 where there is none.
    func number(_ info: CURLINFO) -> Int { ccurl_number(easy, info) }
}
