public import SluiceCore

/// How web hooks are told.
public struct WebhookOptions: Sendable {
    /// What bodies are signed with, each by all of them, so that one can take the place of another: add the new one, change it at
    /// the receivers, take the old one away. At least one.
    public var secrets: [WebhookSecret]
    /// How long a receiver has to answer, from looking its name up to the head of its answer.
    public var timeout: Duration
    /// Tries that may fail before a notification is discarded.
    public var maxAttempts: Int
    /// The wait after a try that failed, unless the receiver asks for a longer one, up to a day.
    public var retry: RetryPolicy
    /// Addresses that would be refused, as private ones are, and are not.
    public var allowed: [AddressRange]
    /// A PEM file of authorities that are believed, beside the system's, when they vouch for a receiver of https.
    public var authorities: String?

    /// The default is twenty tries over about half a day, ten seconds each.
    public init(
        secrets: [WebhookSecret], timeout: Duration = .seconds(10), maxAttempts: Int = 20,
        retry: RetryPolicy = .exponential(base: .seconds(5), cap: .seconds(3600)), allowed: [AddressRange] = [],
        authorities: String? = nil
    ) {
        self.secrets = secrets
        self.timeout = timeout
        self.maxAttempts = maxAttempts
        self.retry = retry
        self.allowed = allowed
        self.authorities = authorities
    }
}
