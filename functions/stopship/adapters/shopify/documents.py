"""What is asked of Shopify: every GraphQL document, against the Admin schema 2026-07.

No document but CONTACT, and ADDRESS where it is to be changed, selects who the customer is. ``heldByApp`` is never selected: without the scope for it Shopify places the
hold and answers with an error. Page sizes keep the cost of one document below the limit of 1,000 points a query.
"""

_LINES = (
    "nodes { id sku quantity currentQuantity requiresShipping lineItemGroup { id quantity } }"
    " pageInfo { hasNextPage endCursor }"
)
_WORK_LINES = "nodes { remainingQuantity lineItem { id } } pageInfo { hasNextPage endCursor }"
_WORK = (
    "nodes { id status assignedLocation { location { id isFulfillmentService } }"
    " lineItems(first: 20) { " + _WORK_LINES + " }"
    " fulfillBy fulfillmentHolds { reason heldByRequestingApp }"
    " fulfillments(first: 5) { nodes { id } } }"
    " pageInfo { hasNextPage endCursor }"
)
_FULFILLED_LINES = "nodes { id quantity lineItem { id } } pageInfo { hasNextPage endCursor }"
_FULFILLMENT = (
    "id status displayStatus inTransitAt deliveredAt fulfillmentLineItems(first: 20) { " + _FULFILLED_LINES + " }"
)
_JOB = "job { id done }"
_BAG = "{ presentmentMoney { amount currencyCode } }"

ORDER = (
    "query ReadOrder($id: ID!) { order(id: $id) { id name createdAt cancelledAt displayFinancialStatus customerLocale tags"
    " customer { tags }"
    " totalPriceSet { shopMoney { amount currencyCode } } risk { assessments { riskLevel } }"
    " shippingAddress { validationResultSummary }"
    " transactions(first: 25) { kind status authorizationExpiresAt }"
    " lineItems(first: 50) { " + _LINES + " }"
    " fulfillmentOrders(first: 8) { " + _WORK + " }"
    " fulfillments(first: 8) { " + _FULFILLMENT + " } } }"
)
ORDER_LINES = (
    "query ReadOrderLines($id: ID!, $after: String) { order(id: $id) { lineItems(first: 100, after: $after) { "
    + _LINES
    + " } } }"
)
ORDER_WORK = (
    "query ReadFulfillmentOrders($id: ID!, $after: String) { order(id: $id) {"
    " fulfillmentOrders(first: 10, after: $after) { " + _WORK + " } } }"
)
WORK_LINES = (
    "query ReadFulfillmentOrderLines($id: ID!, $after: String) { fulfillmentOrder(id: $id) {"
    " lineItems(first: 100, after: $after) { " + _WORK_LINES + " } } }"
)
# Order.fulfillments is a plain list: it has no next page, so that a full one is read again by ids.
FULFILLMENT_IDS = "query ReadFulfillmentIds($id: ID!) { order(id: $id) { fulfillments(first: 250) { id } } }"
FULFILLMENT = "query ReadFulfillment($id: ID!) { fulfillment(id: $id) { " + _FULFILLMENT + " } }"
FULFILLMENT_LINES = (
    "query ReadFulfillmentLines($id: ID!, $after: String) { fulfillment(id: $id) {"
    " fulfillmentLineItems(first: 100, after: $after) { " + _FULFILLED_LINES + " } } }"
)
WORK_ORDER = (
    "query ReadFulfillmentOrder($id: ID!) { fulfillmentOrder(id: $id) { id orderId"
    " lineItems(first: 50) { " + _WORK_LINES + " } } }"
)
# Order.fulfillments is a plain list; so is its trackingInfo.
PARCELS = (
    "query ReadParcels($id: ID!) { order(id: $id) { fulfillments(first: 50) { id status displayStatus deliveredAt createdAt"
    " trackingInfo(first: 5) { company number }"
    " fulfillmentOrders(first: 5) { nodes { id } }"
    " fulfillmentLineItems(first: 10) { " + _FULFILLED_LINES + " } } } }"
)
_UNPAID = (
    "id createdAt cancelledAt displayFinancialStatus tags paymentGatewayNames paymentTerms { id }"
    " fulfillments(first: 5) { status }"
    " transactions(first: 25) { id kind status createdAt manualPaymentGateway authorizationExpiresAt }"
)
UNPAID_ORDERS = (
    "query ReadUnpaidOrders($search: String!, $after: String) {"
    " orders(first: 50, after: $after, query: $search, sortKey: CREATED_AT) {"
    " nodes { " + _UNPAID + " } pageInfo { hasNextPage endCursor } } }"
)
UNPAID_ORDER = "query ReadUnpaidOrder($id: ID!) { order(id: $id) { " + _UNPAID + " } }"
SERVICE_WORK = (
    "query ReadServiceWork($id: ID!) { fulfillmentOrder(id: $id) { id status requestStatus"
    " assignedLocation { location { id } } merchantRequests(first: 50) { nodes { kind } }"
    " lineItems(first: 50) { " + _WORK_LINES + " }"
    " fulfillments(first: 10) { nodes { id status displayStatus inTransitAt deliveredAt } } } }"
)
REQUEST_CANCELLATION = (
    "mutation RequestCancellation($id: ID!, $message: String) {"
    " fulfillmentOrderSubmitCancellationRequest(id: $id, message: $message) { userErrors { field message } } }"
)
CONTACT = "query ReadContact($id: ID!) { order(id: $id) { email customer { defaultEmailAddress { emailAddress } } } }"
ADDRESS = (
    "query ReadAddress($id: ID!) { order(id: $id) { id shippingAddress {"
    " firstName lastName company phone address1 address2 zip city provinceCode countryCodeV2 } } }"
)
CHANGE_ADDRESS = (
    "mutation ChangeAddress($input: OrderInput!) { orderUpdate(input: $input)"
    " { order { id } userErrors { field message } } }"
)
ORDERS_NAMED = (
    "query FindOrders($query: String!, $after: String) { orders(first: 50, after: $after, query: $query) {"
    " nodes { id name } pageInfo { hasNextPage endCursor } } }"
)

HOLD = (
    "mutation PlaceHold($id: ID!, $hold: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $hold)"
    " { fulfillmentHold { id handle } userErrors { field message code } } }"
)
HOLDS = (
    "query ReadHolds($id: ID!) { fulfillmentOrder(id: $id) { id fulfillmentHolds { id handle heldByRequestingApp } } }"
)
RELEASE_HOLD = (
    "mutation ReleaseHold($id: ID!, $holds: [ID!]!) { fulfillmentOrderReleaseHold(id: $id, holdIds: $holds)"
    " { fulfillmentOrder { id status } userErrors { field message code } } }"
)

CANCEL_STATE = (
    "query ReadCancel($id: ID!) { order(id: $id) { id cancelledAt cancellation { staffNote }"
    " fulfillmentOrders(first: 20) { nodes { assignedLocation { location { isActive } } } } } }"
)
CANCEL_JOB = (
    "query ReadCancelJob($id: ID!, $job: ID!) { order(id: $id) { id cancelledAt cancellation { staffNote } }"
    " job(id: $job) { id done } }"
)
CANCEL = (
    "mutation CancelOrder($id: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $note: String) {"
    " orderCancel(orderId: $id, reason: $reason, restock: $restock, notifyCustomer: false, staffNote: $note,"
    " refundMethod: { originalPaymentMethodsRefund: false }) { "
    + _JOB
    + " orderCancelUserErrors { field message code } } }"
)

EDIT_STATE = (
    "query ReadEditState($id: ID!, $namespace: String!, $key: String!, $after: String) { order(id: $id) { id"
    " metafield(namespace: $namespace, key: $key) { value }"
    " lineItems(first: 100, after: $after) { nodes { id quantity currentQuantity } pageInfo { hasNextPage endCursor } } } }"
)
EDIT_INTENT = (
    "mutation RecordEditIntent($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields)"
    " { metafields { id value } userErrors { field message code } } }"
)
EDIT_BEGIN = (
    "mutation BeginEdit($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id"
    " lineItems(first: 250) { nodes { id quantity } } } userErrors { field message } } }"
)
EDIT_QUANTITY = (
    "mutation SetQuantity($id: ID!, $line: ID!, $quantity: Int!, $restock: Boolean!) {"
    " orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: $restock)"
    " { calculatedLineItem { id quantity } userErrors { field message } } }"
)
EDIT_COMMIT = (
    "mutation CommitEdit($id: ID!, $note: String) { orderEditCommit(id: $id, notifyCustomer: false, staffNote: $note)"
    " { order { id } userErrors { field message } } }"
)

RETURNS = (
    "query ReadReturns($id: ID!, $after: String) { order(id: $id) { returns(first: 10, after: $after) {"
    " nodes { id status returnLineItems(first: 40) { nodes { quantity returnReasonNote"
    " ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } } } } }"
    " pageInfo { hasNextPage endCursor } } } }"
)
RETURNABLE = (
    "query ReadReturnable($id: ID!, $after: String) { returnableFulfillments(orderId: $id, first: 10, after: $after) {"
    " nodes { returnableFulfillmentLineItems(first: 40) { nodes { quantity fulfillmentLineItem { id lineItem { id } } } } }"
    " pageInfo { hasNextPage endCursor } } }"
)
_RETURN_LINES = (
    "nodes { quantity returnReasonNote ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } } }"
    " pageInfo { hasNextPage endCursor }"
)
RETURN = (
    "query ReadReturn($id: ID!) { return(id: $id) { id status order { id }"
    " returnLineItems(first: 50) { " + _RETURN_LINES + " } } }"
)
RETURN_LINES = (
    "query ReadReturnLines($id: ID!, $after: String) { return(id: $id) {"
    " returnLineItems(first: 100, after: $after) { " + _RETURN_LINES + " } } }"
)
RETURN_CREATE = (
    "mutation OpenReturn($input: ReturnInput!) { returnCreate(returnInput: $input)"
    " { return { id status } userErrors { field message code } } }"
)

_TRANSACTION = (
    "id kind status gateway manualPaymentGateway authorizationExpiresAt amountSet " + _BAG + " parentTransaction { id }"
)
# A refund's lines and transactions are read deep enough for one order; a longer list is refused, never cut.
_REFUND = (
    "id note refundLineItems(first: 20) { nodes { quantity lineItem { id } } pageInfo { hasNextPage } }"
    " transactions(first: 10) { nodes { id kind status amountSet " + _BAG + " } pageInfo { hasNextPage } }"
)
PAYMENTS = (
    "query ReadPayments($id: ID!) { order(id: $id) { id presentmentCurrencyCode disputes { status }"
    " totalOutstandingSet "
    + _BAG
    + " totalShippingPriceSet "
    + _BAG
    + " totalRefundedShippingSet "
    + _BAG
    + " netPaymentSet "
    + _BAG
    + " transactions(first: 100) { "
    + _TRANSACTION
    + " } refunds(first: 15) { "
    + _REFUND
    + " } } }"
)
DISPUTES = "query ReadDisputes($id: ID!) { order(id: $id) { id disputes { id status } } }"
REFUND_NOTES = (
    "query ReadRefundNotes($id: ID!) { order(id: $id) { id refunds(first: 50) { note"
    " transactions(first: 10) { nodes { id } } } } }"
)
REFUNDABLE = (
    "query ReadRefundable($id: ID!, $after: String) { order(id: $id) { lineItems(first: 100, after: $after) {"
    " nodes { id quantity refundableQuantity } pageInfo { hasNextPage endCursor } } } }"
)
SUGGESTED = (
    "query ReadSuggestedRefund($id: ID!, $lines: [RefundLineItemInput!], $full: Boolean!) { order(id: $id) {"
    " suggestedRefund(refundLineItems: $lines, suggestFullRefund: $full) { amountSet "
    + _BAG
    + " suggestedTransactions { gateway amountSet "
    + _BAG
    + " parentTransaction { id } } } } }"
)
VOID = (
    "mutation VoidAuthorization($parent: ID!) { transactionVoid(parentTransactionId: $parent)"
    " { transaction { id status } userErrors { field message code } } }"
)
REFUND = (
    "mutation Refund($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key)"
    " { refund { id transactions(first: 10) { nodes { id kind status amountSet "
    + _BAG
    + " } pageInfo { hasNextPage } } }"
    " userErrors { field message } } }"
)

ALL: dict[str, str] = {
    name: value
    for name, value in globals().items()
    if name.isupper() and isinstance(value, str) and not name.startswith("_")
}
