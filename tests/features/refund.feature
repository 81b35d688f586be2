Feature: Refund
  As the merchant
  I want to give money back, in part or in full
  So that a return ends well for both of us

  Background:
    Given a guest ordered 2 of "Stoneware mug" at 32.00 EUR on invoice
    And the order is shipped and paid

  Scenario: One of two comes back and goes on the shelf again
    When I refund 1 and put it back on the shelf
    Then the order is partially refunded
    And the customer gets a mail about 32.00 EUR
    And the stock has grown by 1

  Scenario: Everything is refunded, nothing is put back
    When I refund the whole order without putting it back
    Then the order is refunded
    And the stock has not grown

  Scenario: More than was paid is never given back
    When I try to refund 1000.00 EUR
    Then the refund is refused with "refund_too_large"
    And the order is still paid
