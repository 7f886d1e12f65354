"""Every document that goes to ShipHero. No name, address or e-mail is asked for.

An order's lines are asked for by page: an operation's credits are counted from ``first``, and none may cost more than 4,004
(developer.shiphero.com, "Throttling & Quotas").
"""

from typing import Final

_LINES: Final = """
fragment Lines on LineItemQuerySpecConnection {
  pageInfo { hasNextPage endCursor }
  edges {
    node {
      id legacy_id sku partner_line_item_id quantity quantity_shipped quantity_pending_fulfillment
      tote_picks { picked_quantity quantity }
    }
  }
}
"""

FIND: Final = (
    """
query Find($ref: String!) {
  orders(partner_order_id: $ref) {
    data(first: 3) {
      pageInfo { hasNextPage }
      edges {
        node {
          id partner_order_id fulfillment_status hold_until_date
          holds { fraud_hold address_hold shipping_method_hold operator_hold payment_hold client_hold }
          allocations { ready_to_ship }
          shipments {
            id picked_up delivered refunded
            shipping_labels { id status picked_up delivered refunded }
          }
          order_history { information }
          line_items(first: 20) { ...Lines }
        }
      }
    }
  }
}
"""
    + _LINES
)

PARCELS: Final = """
query Parcels($ref: String!) {
  orders(partner_order_id: $ref) {
    data(first: 3) {
      pageInfo { hasNextPage }
      edges {
        node {
          partner_order_id
          shipments {
            id
            shipping_labels { tracking_number carrier picked_up delivered refunded }
            line_items(first: 50) {
              pageInfo { hasNextPage }
              edges { node { quantity line_item { legacy_id partner_line_item_id } } }
            }
          }
        }
      }
    }
  }
}
"""

MORE_LINES: Final = (
    """
query MoreLines($id: String!, $after: String!) {
  order(id: $id) {
    data { line_items(first: 100, after: $after) { ...Lines } }
  }
}
"""
    + _LINES
)

_NAMES: Final = """
fragment Names on Order {
  partner_order_id
  line_items(first: 50) { edges { node { legacy_id sku partner_line_item_id } } }
}
"""

NAMES_BY_ID: Final = (
    """
query NamesById($id: String!) {
  order(id: $id) { data { ...Names } }
}
"""
    + _NAMES
)

NAMES_BY_NUMBER: Final = (
    """
query NamesByNumber($number: String!) {
  orders(order_number: $number) { data(first: 2) { edges { node { ...Names } } } }
}
"""
    + _NAMES
)

CANCEL: Final = """
mutation Cancel($data: CancelOrderInput!) {
  order_cancel(data: $data) { request_id order { id fulfillment_status } }
}
"""

HOLDS: Final = """
mutation Holds($note: AddHistoryInput!, $holds: UpdateOrderHoldsInput!) {
  order_add_history_entry(data: $note) { request_id }
  order_update_holds(data: $holds) { request_id order { id holds { client_hold } } }
}
"""

NOTE: Final = """
mutation Note($note: AddHistoryInput!) {
  order_add_history_entry(data: $note) { request_id }
}
"""

ALL: Final = {
    "find": FIND,
    "parcels": PARCELS,
    "more_lines": MORE_LINES,
    "names_by_id": NAMES_BY_ID,
    "names_by_number": NAMES_BY_NUMBER,
    "cancel": CANCEL,
    "holds": HOLDS,
    "note": NOTE,
}
