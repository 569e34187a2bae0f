/// Runs `body`; an error that it throws becomes the cause of a ``Failure`` that says `what` was being attempted.
///
/// `what` reads as the start of a sentence that the cause ends: `couldn't open foo`.
/// The text is only made when something failed.
package func attempt<Result>(
    _ what: @autoclosure () -> String,
    help: @autoclosure () -> String? = nil,
    file: StaticString = #fileID,
    line: UInt = #line,
    function: StaticString = #function,
    _ body: () throws -> Result
) throws -> Result {
    do {
        return try body()
    } catch {
        throw Failure(what(), because: error, help: help(), file: file, line: line, function: function)
    }
}
