/// A call as the API has seen it.
struct APICall: Sendable {
    /// In microseconds since 1970.
    var time: Int
    var key: String
    /// The job, and when its run was claimed.
    var id: String
    var fence: Int
    /// What was answered; 0 if nothing ever was.
    var status: Int
}
