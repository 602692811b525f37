/** The types of the package, for apps that are written in TypeScript. */

/**
 * @typedef {import('./call.js').VoiceCall} Call
 * @typedef {import('./call.js').CallState} CallState
 * @typedef {import('./audio-devices.js').AudioDevices} AudioDevices
 * @typedef {import('./audio-devices.js').AudioInUse} AudioInUse
 * @typedef {import('./audio-list.js').AudioDevice} AudioDevice
 * @typedef {import('./audio-list.js').DeviceOffer} DeviceOffer
 * @typedef {import('./audio-processing.js').Processing} Processing
 * @typedef {import('./audio-test.js').MicrophoneTest} MicrophoneTest
 * @typedef {import('./end-reason.js').EndReason} EndReason
 * @typedef {import('./conversations.js').Business} Business
 * @typedef {import('./conversations.js').Campaign} Campaign
 * @typedef {import('./changes.js').BusinessChange} BusinessChange
 * @typedef {import('./changes.js').ChangesFilter} ChangesFilter
 * @typedef {import('./first-steps.js').BusinessFinding} BusinessFinding
 * @typedef {import('./first-steps.js').FirstStep} FirstStep
 * @typedef {import('./first-steps.js').FirstSteps} FirstSteps
 * @typedef {import('./business-settings.js').BusinessSettings} BusinessSettings
 * @typedef {import('./business-settings.js').Limit} Limit
 * @typedef {import('./caller-ids.js').CallerId} CallerId
 * @typedef {import('./conversations.js').Change} Change
 * @typedef {import('./conversations.js').Conflict} Conflict
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./conversations.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('./call-statuses.js').ConversationStatus} ConversationStatus
 * @typedef {import('./conversations.js').Described} Described
 * @typedef {import('./conversations.js').Description} Description
 * @typedef {import('./conversations.js').HistoryFilter} HistoryFilter
 * @typedef {import('./conversations.js').Lead} Lead
 * @typedef {import('./conversations.js').Member} Member
 * @typedef {import('./do-not-call.js').ForbiddenNumber} ForbiddenNumber
 * @typedef {import('./do-not-call.js').NumberImport} NumberImport
 * @typedef {import('./do-not-call.js').NumberProgress} NumberProgress
 * @typedef {import('./do-not-call.js').Removal} Removal
 * @typedef {import('./do-not-call-plan.js').ForbiddenColumns} ForbiddenColumns
 * @typedef {import('./do-not-call-plan.js').ForbiddenPlan} ForbiddenPlan
 * @typedef {import('./endpoints.js').CallWishes} CallWishes
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./endpoints.js').Preview} Preview
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./warnings.js').Warning} Warning
 *
 * @typedef {import('./import-plan.js').PlannedRow} PlannedRow
 * @typedef {import('./import-plan.js').RowProblem} RowProblem
 * @typedef {import('./lead-columns.js').LeadColumns} LeadColumns
 * @typedef {import('./lead-columns.js').LeadField} LeadField
 * @typedef {import('./lead-file.js').LeadFile} LeadFile
 * @typedef {import('./lead-import.js').Added} Added
 * @typedef {import('./lead-import.js').LeadImport} LeadImport
 * @typedef {import('./lead-import.js').LeadSource} LeadSource
 * @typedef {import('./lead-import.js').Plan} ImportPlan
 * @typedef {import('./lead-import.js').Progress} ImportProgress
 *
 * @typedef {import('./line-words.js').LineFacts} LineFacts
 * @typedef {import('./line-words.js').LineInWords} LineInWords
 * @typedef {import('./measured-call.js').Rating} Rating
 * @typedef {import('./measured-call.js').RatingIssue} RatingIssue
 *
 * @typedef {import('./people.js').Invitation} Invitation
 * @typedef {import('./people.js').OwnInvitation} OwnInvitation
 * @typedef {import('./people.js').OwnInvitations} OwnInvitations
 * @typedef {import('./people.js').Person} Person
 * @typedef {import('./people.js').Role} Role
 *
 * @typedef {import('./control.js').ControlAction} ControlAction
 * @typedef {import('./control.js').ControlWish} ControlWish
 * @typedef {import('./control.js').Target} Target
 * @typedef {import('./incoming.js').PhoneState} PhoneState
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 * @typedef {import('./legs.js').Leg} Leg
 * @typedef {import('./legs.js').Stage} Stage
 * @typedef {import('./presence.js').ChosenPresence} ChosenPresence
 * @typedef {import('./presence.js').Presence} Presence
 * @typedef {import('./archive.js').Forgotten} Forgotten
 * @typedef {import('./archive.js').RecordingAction} RecordingAction
 * @typedef {import('./archive.js').RecordingStory} RecordingStory
 * @typedef {import('./transfer-targets.js').TransferTarget} TransferTarget
 * @typedef {import('./recording-settings.js').RecordingRule} RecordingRule
 * @typedef {import('./recording-settings.js').RecordingSettings} RecordingSettings
 * @typedef {import('./endpoints.js').RecordingAddress} RecordingAddress
 * @typedef {import('./endpoints.js').RecordingTerms} RecordingTerms
 * @typedef {import('./recording-state.js').CallRecording} CallRecording
 * @typedef {import('./recording-state.js').ConsentMode} ConsentMode
 * @typedef {import('./recording-state.js').RecordingConsent} RecordingConsent
 * @typedef {import('./recording-state.js').RecordingMode} RecordingMode
 * @typedef {import('./recording-state.js').RecordingPart} RecordingPart
 * @typedef {import('./recording-state.js').RecordingState} RecordingState
 * @typedef {import('./recording-state.js').RecordWish} RecordWish
 *
 * @typedef {import('./line-quality.js').Preflight} Preflight
 * @typedef {import('./line-quality.js').QualityCall} QualityCall
 * @typedef {import('./line-quality.js').QualityFacts} QualityFacts
 * @typedef {import('./line-quality.js').QualityGroup} QualityGroup
 * @typedef {import('./line-quality.js').QualityKind} QualityKind
 * @typedef {import('./line-stand-outs.js').StandOut} StandOut
 * @typedef {import('./quality-text.js').QualityFact} QualityFact
 *
 * @typedef {import('./metrics.js').CountName} CountName
 * @typedef {import('./metrics.js').Metric} Metric
 * @typedef {import('./metrics.js').MetricName} MetricName
 * @typedef {import('./metrics.js').RateName} RateName
 * @typedef {import('./reports.js').Attempts} Attempts
 * @typedef {import('./reports.js').AttemptStep} AttemptStep
 * @typedef {import('./reports.js').BestTime} BestTime
 * @typedef {import('./reports.js').CallsWish} CallsWish
 * @typedef {import('./reports.js').CsvReport} CsvReport
 * @typedef {import('./reports.js').Figures} Figures
 * @typedef {import('./reports.js').GroupKind} GroupKind
 * @typedef {import('./reports.js').HourCell} HourCell
 * @typedef {import('./reports.js').Hours} Hours
 * @typedef {import('./reports.js').Overview} Overview
 * @typedef {import('./reports.js').ReportCall} ReportCall
 * @typedef {import('./reports.js').ReportFilters} ReportFilters
 * @typedef {import('./reports.js').ReportGroup} ReportGroup
 * @typedef {import('./reports.js').ReportQuestion} ReportQuestion
 * @typedef {import('./report-settings.js').ReportSettings} ReportSettings
 * @typedef {import('./reports.js').Reports} Reports
 * @typedef {import('./reports.js').TimeKind} TimeKind
 * @typedef {import('./reports.js').TrendStep} TrendStep
 *
 * @typedef {import('./call-backs.js').CallBack} CallBack
 * @typedef {import('./campaigns.js').CampaignQueue} CampaignQueue
 * @typedef {import('./campaigns.js').CampaignQueueWithNext} CampaignQueueWithNext
 * @typedef {import('./campaigns.js').CampaignRow} CampaignRow
 * @typedef {import('./campaigns.js').CampaignSettings} CampaignSettings
 * @typedef {import('./campaigns.js').EntriesChanged} EntriesChanged
 * @typedef {import('./campaigns.js').Entry} Entry
 * @typedef {import('./campaigns.js').EntryChange} EntryChange
 * @typedef {import('./campaigns.js').EntryFilter} EntryFilter
 * @typedef {import('./campaigns.js').EntryGroup} EntryGroup
 * @typedef {import('./campaigns.js').RetryRule} RetryRule
 * @typedef {import('./messages.js').VoicemailMessage} VoicemailMessage
 * @typedef {import('./lead-story.js').LeadStory} LeadStory
 * @typedef {import('./my-day.js').MyDay} MyDay
 * @typedef {import('./outcomes.js').Outcome} Outcome
 * @typedef {import('./outcomes.js').OutcomeEffect} OutcomeEffect
 *
 * @typedef {import('./ring.js').Ring} Ring
 * @typedef {import('./ring.js').RingEnd} RingEnd
 * @typedef {import('./ring.js').RingFacts} RingFacts
 * @typedef {import('./ring.js').RingReason} RingReason
 * @typedef {import('./ring.js').RingState} RingState
 * @typedef {import('./team.js').Colleague} Colleague
 * @typedef {import('./team.js').PresenceState} PresenceState
 *
 * @typedef {import('./queue.js').Queue} Queue
 * @typedef {import('./queue-cycle.js').QueueState} QueueState
 * @typedef {import('./queue-leases.js').FinishWish} FinishWish
 * @typedef {import('./queue-leases.js').QueueCampaign} QueueCampaign
 * @typedef {import('./queue-leases.js').QueueEntry} QueueEntry
 * @typedef {import('./queue-leases.js').QueueMode} QueueMode
 * @typedef {import('./queue-reasons.js').QueueReason} QueueReason
 *
 * @typedef {import('./check-types.js').CheckFacts} CheckFacts
 * @typedef {import('./check-types.js').CheckResult} CheckResult
 * @typedef {import('./check-types.js').CheckStep} CheckStep
 * @typedef {import('./check-types.js').CheckStepName} CheckStepName
 * @typedef {import('./line-check.js').LineCheck} LineCheck
 * @typedef {import('./line-faults.js').LineFault} LineFault
 * @typedef {import('./line-faults.js').LineFaultCode} LineFaultCode
 */

export {};
